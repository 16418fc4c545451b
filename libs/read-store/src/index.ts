export * from './alias.js';
export { openEmbeddedReadStore } from './embedded-read-store.js';
export type { EmbeddedReadStoreOptions } from './embedded-read-store.js';
export { isDuplicateKey, openMongoReadStore } from './mongo-read-store.js';
export type { MongoReadStoreOptions } from './mongo-client.js';
export { openReadStore } from './open-read-store.js';
export * from './port.js';
export { ReadStoreError } from './read-store-error.js';
export type { ReadStoreErrorCode } from './read-store-error.js';
