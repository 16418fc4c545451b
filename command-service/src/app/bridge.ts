import {
  BridgeCheckpoint,
  bridgeCheckpoint,
  bridgedCategories,
  CLOUD_EVENTS_CONTENT_TYPE,
  type CloudEvent,
  encodeEvent,
  rfc3339,
} from '@order-flow/contracts';
import {
  deadLetter,
  type EventLog,
  LARGEST_RECORD,
  LogError,
  type LogWriter,
  type NewRecord,
  type Offset,
  recordSize,
  type TopicName,
} from '@order-flow/event-log';
import type { EventStore, Position, RecordedEvent } from '@order-flow/event-store';
import { BoundedQueue, type Logger, type Metrics } from '@order-flow/service-kit';
import { commandDeadLetters } from './dead-letters.js';

const BATCH = 500;
const READ_AHEAD = 2_000;
const WRITER = 'bridge';
const CHECKPOINT_KEY = 'position';

/** The checkpoint does not belong to this event store. The message says which of the two was replaced. */
export class BridgeError extends Error {
  constructor(
    readonly code: 'FOREIGN_CHECKPOINT' | 'POSITION_BEYOND_END' | 'CHECKPOINT_LOST',
    message: string,
  ) {
    super(message);
    this.name = 'BridgeError';
  }
}

export function bridgeMetrics(metrics: Metrics) {
  return {
    parked: metrics.counter('bridge_parked_total', 'Events that are too large for a topic'),
    carried: metrics.counter('bridge_events_total', 'Events carried from the event store to the log'),
    batch: metrics.histogram('bridge_batch_size', 'Events in a transaction', [], [1, 2, 5, 10, 25, 50, 100, 250, 500]),
    lagEvents: metrics.gauge('bridge_lag_events', 'Events read and not yet carried'),
    lagSeconds: metrics.gauge('bridge_lag_seconds', 'Age of the oldest event of the last batch when it was carried'),
    active: metrics.gauge('bridge_active', '1 where this instance holds the lease and carries events'),
    fenced: metrics.counter('bridge_fenced_total', 'Times another instance took over'),
  };
}

export interface Bridge {
  readonly store: EventStore;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly metrics: ReturnType<typeof bridgeMetrics>;
}

/**
 * Carries every event of the bridged streams to its topic, exactly once and in order: each batch is one transaction of
 * the records and, on `bridge.checkpoint`, the position. Runs until the signal; a failure leaves nothing half done, start
 * it again.
 * @throws BridgeError, LogError (FENCED when another instance took over), EventStoreError
 */
export async function runBridge(
  { store, log, logger, metrics }: Bridge,
  signal: AbortSignal,
  ready: () => void,
): Promise<void> {
  const identity = await store.identity();
  const writer = await log.openWriter(WRITER);
  try {
    const after = await checkpointedPosition(store, log, identity);
    ready();
    await carryAll({ store, logger, metrics }, { writer, identity, after }, signal);
  } catch (error) {
    if (error instanceof LogError && error.code === 'FENCED') metrics.fenced.inc();
    throw error;
  } finally {
    await writer.close();
  }
}

interface Start {
  readonly writer: LogWriter;
  readonly identity: string;
  readonly after: Position | undefined;
}

async function carryAll(
  { store, ...parking }: Omit<Bridge, 'log'>,
  { writer, identity, after }: Start,
  signal: AbortSignal,
): Promise<void> {
  const { metrics } = parking;
  const queue = new BoundedQueue<RecordedEvent>(READ_AHEAD);
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const reading = readAhead(store, queue, stop, after).finally(() => queue.close());
  // Its failure is told below, perhaps only after a commit that is under way.
  reading.catch(() => undefined);
  try {
    for (let events = await queue.take(BATCH); events.length > 0; events = await queue.take(BATCH)) {
      await carry(parking, { writer, identity }, events);
      metrics.lagEvents.set(queue.size);
      metrics.batch.observe(events.length);
      metrics.lagSeconds.set(Math.max(0, Date.now() - (events[0]?.created ?? Date.now())) / 1000);
    }
    await reading;
  } finally {
    ended.abort();
    queue.close();
    await reading.catch(() => undefined);
  }
}

async function readAhead(
  store: EventStore,
  queue: BoundedQueue<RecordedEvent>,
  signal: AbortSignal,
  after: Position | undefined,
): Promise<void> {
  const filter = { streamPrefixes: Object.keys(bridgedCategories).map((category) => `${category}-`) };
  for await (const message of store.subscribeAll({ filter, signal, ...(after === undefined ? {} : { after }) })) {
    if (message.kind === 'event') await queue.push(message.event);
  }
}

type Parking = Pick<Bridge, 'logger' | 'metrics'>;

async function carry(
  parking: Parking,
  { writer, identity }: Omit<Start, 'after'>,
  events: readonly RecordedEvent[],
): Promise<void> {
  const last = events.at(-1);
  if (!last) return;
  const checkpoint: BridgeCheckpoint = { identity, position: last.position };
  const position: NewRecord = {
    topic: bridgeCheckpoint.name,
    key: CHECKPOINT_KEY,
    value: Buffer.from(JSON.stringify(checkpoint)),
    timestamp: last.created,
  };
  const records = events.map((event) => fitting(parking, event));
  await writer.commit({ records: [...records, position] });
  parking.metrics.carried.inc(records.filter(({ topic }) => topic !== commandDeadLetters.name).length);
}

/** The event as it is carried. One that no log would take is parked without its data, for the event store has that. */
function fitting({ logger, metrics }: Parking, event: RecordedEvent): NewRecord {
  const record = toRecord(event);
  const size = recordSize(record);
  if (size <= LARGEST_RECORD) return record;
  const { stream, revision } = event;
  const error = new Error(
    `event ${revision} of ${stream} takes ${size} bytes, more than a topic takes (${LARGEST_RECORD})`,
  );
  logger.error({ stream, revision, size }, `the bridge parked what it cannot carry: ${error.message}`);
  metrics.parked.inc();
  const nowhere = { partition: -1, offset: revision, headers: record.headers ?? {} };
  return deadLetter({ ...record, ...nowhere }, error, { topic: commandDeadLetters.name, without: 1 });
}

function toRecord(event: RecordedEvent): NewRecord {
  const dash = event.stream.indexOf('-');
  const topic = bridgedCategories[event.stream.slice(0, dash)];
  if (!topic) throw new Error(`${event.stream} belongs to no topic`);
  const { schemaversion, traceparent } = event.metadata;
  const envelope: CloudEvent = {
    specversion: '1.0',
    id: event.id,
    source: '/command-service',
    type: event.type,
    subject: event.stream.slice(dash + 1),
    time: rfc3339(event.created),
    datacontenttype: 'application/json',
    schemaversion: typeof schemaversion === 'number' ? schemaversion : 1,
    correlationid: event.metadata.$correlationId,
    causationid: event.metadata.$causationId,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    streamrevision: event.revision,
    data: event.data,
  };
  return {
    topic: topic.name,
    key: envelope.subject,
    value: encodeEvent(envelope),
    headers: { 'content-type': CLOUD_EVENTS_CONTENT_TYPE },
    timestamp: event.created,
  };
}

/** The newest checkpoint, checked against the event store. Call it after fencing. @throws BridgeError */
export async function checkpointedPosition(
  store: EventStore,
  log: EventLog,
  identity: string,
): Promise<Position | undefined> {
  const value = await newestValue(log, bridgeCheckpoint.name);
  const newest = value && BridgeCheckpoint.parse(JSON.parse(value.toString()));
  if (!newest) {
    await refuseLostCheckpoint(log);
    return undefined;
  }
  if (newest.identity !== identity) {
    throw new BridgeError(
      'FOREIGN_CHECKPOINT',
      `bridge.checkpoint belongs to event store ${newest.identity}, but this one is ${identity}: ` +
        'connect the event store and the log that belong together, or start both empty',
    );
  }
  const end = await store.lastPosition();
  if (end === undefined || newest.position > end) {
    throw new BridgeError(
      'POSITION_BEYOND_END',
      `the log has events up to ${newest.position}, but the event store ends at ${end ?? 'its beginning'}: ` +
        'the event store was truncated or restored from an old backup; restore it to a state at least as new',
    );
  }
  return newest.position as Position;
}

/** Events are never carried without their position: where there are some, all would be carried a second time. @throws BridgeError */
async function refuseLostCheckpoint(log: EventLog): Promise<void> {
  const topic = await firstCarriedTo(log);
  if (topic === undefined) return;
  throw new BridgeError(
    'CHECKPOINT_LOST',
    `bridge.checkpoint holds no position, but ${topic} has events, which would be carried again: restore bridge.checkpoint, ` +
      'or begin with an empty log and empty read models',
  );
}

/** A bridged topic with a record in it, or where there was one. Transactions that were given up leave offsets, and no records. */
async function firstCarriedTo(log: EventLog): Promise<TopicName | undefined> {
  const there = new Set((await log.admin.topics()).map(({ name }) => name));
  const bridged = Object.values(bridgedCategories).filter(({ name }) => there.has(name));
  const starts: Offset[] = [];
  for (const { name: topic } of bridged) {
    for (const { partition, begin, end } of await log.admin.partitions(topic)) {
      if (begin > 0) return topic;
      if (end > begin) starts.push({ topic, partition, offset: begin });
    }
  }
  if (starts.length === 0) return undefined;
  for await (const batch of log.read(starts, { follow: false, signal: new AbortController().signal, maxRecords: 1 })) {
    if (batch.records.length > 0) return batch.topic;
  }
  return undefined;
}

/**
 * The last value on partition 0 of a topic. It is looked for from the end, in wider and wider steps: before it stand those
 * that are not compacted yet, and after it, on Kafka, offsets without records.
 */
async function newestValue(log: EventLog, topic: string): Promise<Buffer | undefined> {
  const { begin, end } = (await log.admin.partitions(topic))[0] ?? { begin: 0, end: 0 };
  let from = end;
  for (let width = 100; from > begin; width *= 10) {
    from = Math.max(begin, end - width);
    let newest: Buffer | undefined;
    const options = { follow: false, signal: new AbortController().signal };
    for await (const { records } of log.read([{ topic, partition: 0, offset: from }], options)) {
      newest = records.at(-1)?.value ?? newest;
    }
    if (newest) return newest;
  }
  return undefined;
}
