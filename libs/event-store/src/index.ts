export * from './port.js';
export { openEmbeddedEventStore } from './embedded/embedded-event-store.js';
export type { EmbeddedEventStoreOptions } from './embedded/embedded-event-store.js';
export { systemIdentity } from './system-identity.js';
export { openEventStore } from './open-event-store.js';
export { openEventStoreDb } from './eventstoredb/open-eventstoredb.js';
export type { EventStoreDbOptions } from './eventstoredb/options.js';
