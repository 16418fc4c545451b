export { CheckpointError, refuseForeignCheckpoints } from './app/checkpoints.js';
export { projectionDeadLetters } from './app/dead-letters.js';
export type { ProjectionStatus } from './app/projection-status.js';
export { allProjections } from './domain/index.js';
export type { Projection } from './domain/projection.js';
export { type ProjectionsOptions, type RunningProjections, startProjections } from './start-projections.js';
