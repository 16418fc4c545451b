export * from './start-console.js';
