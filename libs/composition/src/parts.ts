import { join } from 'node:path';
import { type Coordination, openCoordination } from '@order-flow/coordination';
import { type EventLog, openEventLog } from '@order-flow/event-log';
import { type EventStore, openEventStore } from '@order-flow/event-store';
import { openReadStore, type ReadStore } from '@order-flow/read-store';
import type { Lifecycle, Settings } from '@order-flow/service-kit';
import { lmdbState, type StateBackend } from '@order-flow/streams';

/** What services stand on. Each is opened by the first who asks, and closed when the lifecycle stops. */
export interface Parts {
  eventStore(): Promise<EventStore>;
  eventLog(): Promise<EventLog>;
  readStore(): Promise<ReadStore>;
  coordination(): Promise<Coordination>;
  /** Local state of stream processors. */
  streamState(): StateBackend;
}

const REAL = [
  ['EVENT_STORE_URL', 'event store', 'EventStoreDB'],
  ['KAFKA_BROKERS', 'event log', 'Kafka'],
  ['MONGO_URL', 'read models', 'MongoDB'],
  ['REDIS_URL', 'registry', 'Redis'],
] as const;

/** Which stores are real servers, and what the rest is; for people. */
export function describeStores(settings: Settings): string {
  const embedded = 'embedded in the data directory';
  const real = REAL.filter(([variable]) => settings[variable] !== undefined);
  if (real.length === 0) return `all ${embedded}`;
  const names = real.map(([, what, server]) => `${what} on ${server}`);
  return [...names, ...(real.length < REAL.length ? [`the rest ${embedded}`] : [])].join(', ');
}

/** Opens each part as the settings say: on the server they name, else embedded below the data directory. */
export function partsOf(settings: Settings, dataDir: string, lifecycle: Lifecycle): Parts {
  const { logger } = lifecycle;
  const kept = async <T extends { close(): Promise<void> }>(name: string, opening: Promise<T>): Promise<T> =>
    lifecycle.closing(name, await opening);
  const interrupted = (error: unknown): void => {
    logger.warn({ err: error }, 'a subscription to the event store was interrupted and is taken up again');
  };
  return {
    eventStore: once(() => kept('event store', openEventStore(settings, join(dataDir, 'event-store'), interrupted))),
    eventLog: once(() => kept('event log', openEventLog(settings, join(dataDir, 'event-log')))),
    readStore: once(() => kept('read store', openReadStore(settings, join(dataDir, 'read-store')))),
    coordination: once(() => kept('coordination', openCoordination(settings, logger))),
    streamState: once(() => lifecycle.closing('stream state', lmdbState(join(dataDir, 'stream-state')))),
  };
}

function once<T>(open: () => T): () => T {
  let opened: { readonly value: T } | undefined;
  return () => (opened ??= { value: open() }).value;
}
