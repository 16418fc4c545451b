export { CheckpointError, refuseForeignCheckpoints } from './app/checkpoints.js';
export { projectionDeadLetters } from './app/dead-letters.js';
export { allProjections } from './domain/index.js';
export type { Projection } from './domain/projection.js';
export { needs } from './needs.js';
export { type ProjectionsOptions, startProjections } from './start-projections.js';
