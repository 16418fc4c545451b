export { inProcessDirectory } from './in-process-directory.js';
export { type RegistryOptions, startRegistry } from './start-registry.js';
