import { setImmediate } from 'node:timers/promises';
import { Attention } from './attention.js';
import { type Demand, LogError, type Offset, type RecordBatch } from './port.js';
import { readBatch } from './records/partition-log.js';
import { decidedIn } from './storage/changes.js';
import type { RecentChunks } from './records/recent-chunks.js';
import { bounds } from './records/partition-state.js';
import type { LogStorage } from './storage/log-storage.js';
import type { Topics } from './topics.js';

const DEFAULT_MAX_RECORDS = 1000;
/** Milliseconds a reader with much to read may run before others have their turn. */
const TURN = 5;

export interface ReadOptions {
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly maxRecords?: number;
  readonly demand?: Demand | undefined;
  /** The losses of the storage when reading began, for one who wants what is decided and not durable yet. */
  readonly ahead?: number | undefined;
}

/** Records that were shown before they were durable will not be. */
export const lostAhead = (): LogError =>
  new LogError(
    'LOST_AHEAD',
    'another process wrote to the log before records that were read ahead of the disk: read again',
  );

interface Cursor {
  readonly name: string;
  readonly topic: string;
  readonly partition: number;
  readonly stop: number;
  readonly recent: RecentChunks | undefined;
  position: number;
  /** It may have records, and is in the queue of those. */
  ready: boolean;
  /** Its last look found that there is more, which cannot be read yet. */
  short: boolean;
}

function outOfRange(cursor: { topic: string; partition: number }, position: number, begin: number, end: number) {
  const message = `${cursor.topic}-${cursor.partition} holds the offsets ${begin} to ${end}, not ${position}`;
  return new LogError('OFFSET_OUT_OF_RANGE', message);
}

function openCursor(storage: LogStorage, topics: Topics, from: Offset, follow: boolean): Cursor {
  const name = topics.partition(from);
  const { begin, end } = bounds(storage, name);
  const { topic, partition, offset } = from;
  if (!(offset >= begin && offset <= end)) throw outOfRange(from, offset, begin, end);
  const recent = topics.get(topic).cleanup === 'compact' ? undefined : topics.recent;
  return { name, topic, partition, position: offset, stop: follow ? Infinity : end, recent, ready: true, short: false };
}

/**
 * Reads partitions in turn, one bounded batch each. Nothing is read ahead: a reader that is not pulled costs nothing.
 * Every pull is a short read of its own, so that slow readers hold no snapshot of the storage.
 * @throws LogError OFFSET_OUT_OF_RANGE also when records were deleted that the reader had not reached
 */
export async function* readLog(
  storage: LogStorage,
  topics: Topics,
  from: readonly Offset[],
  options: ReadOptions,
): AsyncGenerator<RecordBatch, void, undefined> {
  const { follow, signal, demand } = options;
  const cursors = from.map((offset) => openCursor(storage, topics, offset, follow));
  const byName = new Map(cursors.map((cursor) => [cursor.name, cursor]));
  const byDecided = new Map(
    options.ahead === undefined ? [] : cursors.map((cursor) => [decidedIn(cursor.name), cursor]),
  );
  // Those that may have records, the longest unread first.
  const ready = [...cursors];
  const attention = new Attention();
  const subjects = follow ? [...byName.keys(), ...byDecided.keys()] : [];
  const unwatch = storage.changes.watch(subjects, (subject) => {
    const durable = byName.get(subject);
    // Who reads ahead was told when it was decided.
    if (durable && options.ahead !== undefined && !durable.short) return;
    const cursor = durable ?? byDecided.get(subject);
    if (cursor) queue(ready, cursor);
    attention.notify();
  });
  const unheed = demand?.watch(attention.notify);
  try {
    yield* batches(storage, ready, attention, options);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    unwatch();
    unheed?.();
  }
}

function queue(ready: Cursor[], cursor: Cursor): void {
  if (!cursor.ready) ready.push(cursor);
  cursor.ready = true;
}

/** Takes the longest unread of those that are waited for, or else wanted. */
function take(ready: Cursor[], demand: Demand | undefined): Cursor | undefined {
  let place = demand ? ready.findIndex(({ topic }) => demand.lacks(topic)) : 0;
  if (place < 0) place = ready.findIndex(({ topic }) => demand?.wants(topic));
  const [cursor] = place < 0 ? [] : ready.splice(place, 1);
  if (cursor) cursor.ready = false;
  return cursor;
}

async function* batches(storage: LogStorage, ready: Cursor[], attention: Attention, options: ReadOptions) {
  const { follow, signal } = options;
  let turnEnds = performance.now() + TURN;
  while (!signal.aborted) {
    if (options.ahead !== undefined && options.ahead !== storage.losses) throw lostAhead();
    const cursor = take(ready, options.demand);
    if (!cursor) {
      if (!follow) return;
      await attention.wait(signal);
      turnEnds = performance.now() + TURN;
      continue;
    }
    const batch = next(storage, cursor, options);
    if (!batch) continue;
    if (cursor.position < Math.min(cursor.stop, batch.endOffset)) queue(ready, cursor);
    yield batch;
    if (performance.now() > turnEnds) {
      await setImmediate();
      turnEnds = performance.now() + TURN;
    }
  }
}

function next(storage: LogStorage, cursor: Cursor, options: ReadOptions): RecordBatch | undefined {
  const { maxRecords = DEFAULT_MAX_RECORDS } = options;
  const { stop, recent } = cursor;
  const limits = { stop, maxRecords, recent, ahead: options.ahead !== undefined };
  const found = readBatch(storage, cursor, cursor.position, limits);
  if ('begin' in found) {
    cursor.short = cursor.position < found.endOffset;
    if (cursor.position < found.begin && cursor.position < cursor.stop) {
      throw outOfRange(cursor, cursor.position, found.begin, found.endOffset);
    }
    return undefined;
  }
  cursor.position = found.nextOffset;
  cursor.short = false;
  return found;
}
