export { deadLetterHeaders } from './dead-letter.js';
export * from './embedded-event-log.js';
export * from './memory-event-log.js';
export * from './murmur2.js';
export * from './port.js';
