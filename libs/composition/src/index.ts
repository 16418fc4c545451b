export { type Parts, partsOf, describeStores } from './parts.js';
export { runService, type ServerVariable, type ServiceProcess } from './run-service.js';
export { type Serving, startRegistered } from './start-registered.js';
