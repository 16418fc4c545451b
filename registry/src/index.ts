export { needs } from './needs.js';
export { type RegistryOptions, startRegistry } from './start-registry.js';
