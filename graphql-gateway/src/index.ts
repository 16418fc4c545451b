export { needs } from './needs.js';
export type { GatewayOptions } from './options.js';
export type { CollectionFor } from './read/read-model.js';
export { startGateway } from './start-gateway.js';
