export { needs } from './needs.js';
export * from './start-console.js';
