export type { GatewayOptions } from './options.js';
export type { CollectionFor } from './read/read-model.js';
export type { ProjectionStatus } from './schema/context.js';
export { startGateway } from './start-gateway.js';
