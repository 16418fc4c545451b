import { openEmbeddedEventStore } from './embedded/embedded-event-store.js';
import { openEventStoreDb } from './eventstoredb/open-eventstoredb.js';
import type { EventStoreDbOptions } from './eventstoredb/options.js';
import type { EventStore } from './port.js';

/**
 * The event store that the environment names: EventStoreDB when there is a URL, else the embedded store in the directory.
 * @param interrupted hears each time why a subscription to EventStoreDB had to be taken up again
 * @throws EventStoreError STORE_UNAVAILABLE, STORE_REFUSED, STORE_CORRUPT
 */
export async function openEventStore(
  { EVENT_STORE_URL: url }: { readonly EVENT_STORE_URL?: string | undefined },
  directory: string,
  interrupted?: EventStoreDbOptions['interrupted'],
): Promise<EventStore> {
  if (url === undefined) return openEmbeddedEventStore({ path: directory });
  return openEventStoreDb({ url, ...(interrupted && { interrupted }) });
}
