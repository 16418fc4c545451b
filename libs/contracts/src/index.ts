export * from './event.js';
export * from './ids.js';
export * from './money.js';
export * from './ordering-language.js';
export * from './rfc3339.js';
export * from './topic.js';
export * from './topics/index.js';
export * from './views.js';
