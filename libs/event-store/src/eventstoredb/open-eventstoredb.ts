import type { EventStore } from '../port.js';
import type { EventStoreDbOptions } from './options.js';

/**
 * An EventStoreDB (23.10 or later) as the event store. Its client is loaded by the first call only.
 *
 * An append whose answer is missing is repeated where the expected revision makes that harmless, else it fails with
 * STORE_UNAVAILABLE, and whether it was written is unknown. A subscription outlives every outage.
 *
 * @throws EventStoreError STORE_UNAVAILABLE when the server does not answer for a while, STORE_REFUSED when it does not
 * let us in
 */
export async function openEventStoreDb(options: EventStoreDbOptions): Promise<EventStore> {
  const { connectEventStoreDb } = await import('./eventstoredb-event-store.js');
  return connectEventStoreDb(options);
}
