export { needs } from './needs.js';
export { orderFlowTopologies, type ProcessorsOptions, startProcessors } from './start-processors.js';
