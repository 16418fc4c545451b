export { orderFlowTopologies, type ProcessorsOptions, startProcessors } from './start-processors.js';
