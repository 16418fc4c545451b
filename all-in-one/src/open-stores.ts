import { join } from 'node:path';
import { openEmbeddedEventLog } from '@order-flow/event-log';
import { openEmbeddedEventStore } from '@order-flow/event-store';
import { openEmbeddedReadStore } from '@order-flow/read-store';
import { ConfigurationError, type Lifecycle, type Settings } from '@order-flow/service-kit';
import { lmdbState } from '@order-flow/streams';

const REAL_SERVERS = ['EVENT_STORE_URL', 'KAFKA_BROKERS', 'MONGO_URL', 'REDIS_URL'] as const;

/** Opens the embedded stores below the data directory. @throws ConfigurationError, EventStoreError, LogError, ReadStoreError */
export async function openStores(dataDir: string, settings: Settings, lifecycle: Lifecycle) {
  const wanted = REAL_SERVERS.find((name) => settings[name] !== undefined);
  if (wanted) throw new ConfigurationError(`${wanted} is set, but this version runs on embedded stores only; unset it`);
  const store = lifecycle.closing('event store', await openEmbeddedEventStore({ path: join(dataDir, 'event-store') }));
  const log = lifecycle.closing('event log', await openEmbeddedEventLog({ path: join(dataDir, 'event-log') }));
  const readStore = lifecycle.closing('read store', await openEmbeddedReadStore({ path: join(dataDir, 'read-store') }));
  const state = lifecycle.closing('stream state', lmdbState(join(dataDir, 'stream-state')));
  return { store, log, readStore, state };
}
