import { ContractError, decodeEvent, eventTopics, type OrderEvent, orderEvents } from '@order-flow/contracts';
import { type EventLog, type LogRecord, partitionForKey, type TopicInfo } from '@order-flow/event-log';
import { tellTimeline } from '../domain/timeline-record.js';
import { topicKind } from '../domain/topic-kind.js';
import type { OrderTimeline } from '../shapes.js';
import { readSpans } from './read-spans.js';

const WINDOW = 5_000;
/** Records that one timeline shows at most. */
const RECORD_LIMIT = 1_000;

export interface TimelineQuery {
  readonly orderId: string;
  /** Look below this offset of the order's partition of `order.events`. */
  readonly before?: number | undefined;
  /** Offsets to look through in each topic. */
  readonly budget: number;
  readonly deadLetters: boolean;
}

export interface FoundTimeline extends OrderTimeline {
  /** Whose order it is; undefined when its beginning was not found. */
  readonly customerId: string | undefined;
}

interface Search {
  readonly log: EventLog;
  readonly orderId: string;
  readonly budget: number;
  readonly signal: AbortSignal;
}

interface Found {
  readonly records: LogRecord[];
  readonly scanned: number;
  readonly complete: boolean;
}

/** The event of a record that may be none. */
function eventOf(record: LogRecord): OrderEvent | undefined {
  try {
    return decodeEvent(orderEvents, record);
  } catch (error) {
    if (error instanceof ContractError) return undefined;
    throw error;
  }
}

const creationIn = (records: readonly LogRecord[]): OrderEvent | undefined =>
  records.map(eventOf).find((event) => event?.type === 'OrderCreated');

async function placeOf({ log, orderId }: Search, topic: string) {
  const partitions = await log.admin.partitions(topic);
  const partition = partitionForKey(orderId, partitions.length);
  return partitions.find((info) => info.partition === partition) ?? { partition, begin: 0, end: 0, bytes: 0 };
}

/** Reads `order.events` backwards until the order was created. */
async function findBeginning(search: Search, below: number | undefined) {
  const { log, orderId, budget, signal } = search;
  const { partition, begin, end } = await placeOf(search, orderEvents.name);
  let records: LogRecord[] = [];
  const top = Math.max(begin, Math.min(below ?? end, end));
  const bottom = Math.max(begin, top - budget);
  let floor = top;
  while (floor > bottom && !creationIn(records) && !signal.aborted) {
    const from = Math.max(bottom, floor - WINDOW);
    const span = { partition, from, to: floor };
    const found = await readSpans(log, orderEvents.name, [span], ({ key }) => key === orderId, signal);
    records = [...(found.get(partition) ?? []), ...records];
    floor = from;
  }
  const created = creationIn(records);
  const start = records.find((record) => eventOf(record)?.type === 'OrderCreated');
  return { records, created, start, scanned: top - floor, before: created || floor === begin ? null : floor };
}

/**
 * Reads one topic forward from the moment the order was created. Every record of the order carries that time or a later
 * one, so that the first offset of that time lies below all of them.
 */
async function findSince(search: Search, topic: string, timestamp: number, after = -1): Promise<Found> {
  const { log, orderId, budget, signal } = search;
  const { partition, end } = await placeOf(search, topic);
  const starts = await log.admin.offsetsForTime(topic, timestamp);
  const first = Math.max(starts.find((offset) => offset.partition === partition)?.offset ?? end, after);
  const stop = Math.min(end, first + budget);
  const records: LogRecord[] = [];
  let next = first;
  while (next < stop && records.length < RECORD_LIMIT && !signal.aborted) {
    const to = Math.min(stop, next + WINDOW);
    const found = await readSpans(log, topic, [{ partition, from: next, to }], ({ key }) => key === orderId, signal);
    records.push(...(found.get(partition) ?? []));
    next = to;
  }
  return { records: records.slice(0, RECORD_LIMIT), scanned: Math.max(0, next - first), complete: next >= end };
}

/** Topics whose records are about one order each. */
const tells = (deadLetters: boolean) => {
  const keyedByOrder = new Set(eventTopics.filter(({ key }) => key === orderEvents.key).map(({ name }) => name));
  return ({ name }: TopicInfo) => keyedByOrder.has(name) || (deadLetters && topicKind(name) === 'dead-letters');
};

/**
 * Every record of one order over all topics: events, the saga's commands, dead letters. The order's key leads straight to
 * one partition of each; the time it was created leads to the offset. @throws LogError
 */
export async function orderTimeline(log: EventLog, query: TimelineQuery, signal: AbortSignal): Promise<FoundTimeline> {
  const { orderId, budget } = query;
  const search: Search = { log, orderId, budget, signal };
  const beginning = await findBeginning(search, query.before);
  const { created, start, before } = beginning;
  if (created?.type !== 'OrderCreated' || !start) {
    const { records, scanned } = beginning;
    return {
      orderId,
      records: tellTimeline(records),
      scanned,
      complete: before === null,
      before,
      customerId: undefined,
    };
  }
  const topics = (await log.admin.topics()).filter(tells(query.deadLetters));
  const found = await Promise.all(
    topics.map(({ name }) => findSince(search, name, start.timestamp, name === start.topic ? start.offset : -1)),
  );
  return {
    orderId,
    records: tellTimeline(found.flatMap(({ records }) => records).slice(0, RECORD_LIMIT)),
    scanned: found.reduce((sum, { scanned }) => sum + scanned, beginning.scanned),
    complete: found.every(({ complete }) => complete),
    before: null,
    customerId: created.data.customerId,
  };
}
