import { join } from 'node:path';
import { openEventLog } from '@order-flow/event-log';
import { openEmbeddedEventStore } from '@order-flow/event-store';
import { openEmbeddedReadStore } from '@order-flow/read-store';
import { ConfigurationError, type Lifecycle, type Settings } from '@order-flow/service-kit';
import { lmdbState } from '@order-flow/streams';

/** Real servers that this version does not run on yet. */
const NOT_YET = ['EVENT_STORE_URL', 'MONGO_URL', 'REDIS_URL'] as const;

/** Which stores are real servers, and what the rest is; for people. */
export function describeStores({ KAFKA_BROKERS }: Settings): string {
  const embedded = 'embedded in the data directory';
  return KAFKA_BROKERS === undefined
    ? `all ${embedded}`
    : `event log on Kafka (${KAFKA_BROKERS}); event store, read models and registry ${embedded}`;
}

/**
 * Opens the event log on Kafka when the settings name brokers, and what is embedded below the data directory.
 * @throws ConfigurationError, EventStoreError, LogError, ReadStoreError
 */
export async function openStores(dataDir: string, settings: Settings, lifecycle: Lifecycle) {
  const wanted = NOT_YET.find((name) => settings[name] !== undefined);
  if (wanted) {
    throw new ConfigurationError(`${wanted} is set, but of the real servers this version runs on Kafka only; unset it`);
  }
  const { KAFKA_BROKERS: brokers } = settings;
  if (brokers !== undefined) lifecycle.logger.info({ brokers }, `connecting to Kafka at ${brokers}`);
  const log = lifecycle.closing('event log', await openEventLog(settings, join(dataDir, 'event-log')));
  const store = lifecycle.closing('event store', await openEmbeddedEventStore({ path: join(dataDir, 'event-store') }));
  const readStore = lifecycle.closing('read store', await openEmbeddedReadStore({ path: join(dataDir, 'read-store') }));
  const state = lifecycle.closing('stream state', lmdbState(join(dataDir, 'stream-state')));
  return { store, log, readStore, state };
}
