import { setImmediate } from 'node:timers/promises';
import type { Demand, Offset, RecordBatch } from '../../port.js';
import { KafkaConnection } from '../connection.js';
import { logErrorOf } from '../protocol/failures.js';
import type { ResolvedKafkaSettings } from '../settings.js';
import { Fetcher } from './fetcher.js';
import { outOfRange, PartitionCursor } from './partition-cursor.js';
import { END, FIRST, offsetsAt } from './partition-ranges.js';

const DEFAULT_MAX_RECORDS = 1000;
/** Milliseconds a reader with much to read may run before others have their turn. */
const TURN = 5;

export interface ReadOptions {
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly maxRecords?: number;
  readonly demand?: Demand | undefined;
}

/**
 * Reads partitions in turn, one bounded batch each, over a connection of its own. A reader that is not pulled holds one
 * answer per broker and asks for no more.
 * @throws LogError OFFSET_OUT_OF_RANGE, UNKNOWN_TOPIC, LOG_UNAVAILABLE at the start, LOG_REFUSED, LOG_CORRUPT
 */
export async function* readKafka(
  settings: ResolvedKafkaSettings,
  from: readonly Offset[],
  options: ReadOptions,
): AsyncGenerator<RecordBatch, void, undefined> {
  const { signal } = options;
  if (from.length === 0 && !options.follow) return;
  const connection = new KafkaConnection(settings);
  const close = (): void => void connection.close();
  signal.addEventListener('abort', close, { once: true });
  let unheed: (() => void) | undefined;
  try {
    if (signal.aborted) return;
    await connection.open([...new Set(from.map(({ topic }) => topic))], signal);
    const cursors = await openCursors(connection, from, options);
    const fetcher = new Fetcher(connection, cursors, options);
    unheed = options.demand?.watch(fetcher.attention.notify);
    yield* batches(cursors, fetcher, options);
  } catch (error) {
    if (!signal.aborted) throw logErrorOf(error, 'reading');
  } finally {
    signal.removeEventListener('abort', close);
    unheed?.();
    await connection.close();
  }
}

async function openCursors(
  connection: KafkaConnection,
  from: readonly Offset[],
  { follow, signal }: ReadOptions,
): Promise<PartitionCursor[]> {
  for (const offset of from) connection.leaderOf(offset);
  const begins = await offsetsAt(connection, from, FIRST, { signal });
  const ends = await offsetsAt(connection, from, END, { signal });
  return from.map((start, index) => {
    const begin = begins[index]?.offset ?? 0;
    const end = ends[index]?.offset ?? 0;
    if (!(start.offset >= begin && start.offset <= end)) throw outOfRange(start, begin, end);
    return new PartitionCursor(start, follow ? Infinity : end, end);
  });
}

async function* batches(cursors: readonly PartitionCursor[], fetcher: Fetcher, options: ReadOptions) {
  const { signal, maxRecords = DEFAULT_MAX_RECORDS, demand } = options;
  // The longest unserved first.
  const turns = new Set(cursors);
  let turnEnds = performance.now() + TURN;
  while (!signal.aborted && turns.size > 0) {
    fetcher.pump();
    const batch = nextBatch(turns, maxRecords, demand);
    if (!batch) {
      if (turns.size === 0) return;
      await fetcher.attention.wait(signal);
      turnEnds = performance.now() + TURN;
      continue;
    }
    yield batch;
    if (performance.now() > turnEnds) {
      await setImmediate();
      turnEnds = performance.now() + TURN;
    }
  }
  // Nothing is named: such a reader only waits for its end.
  if (cursors.length === 0 && options.follow) await fetcher.attention.wait(signal);
}

/** Of the first cursor that has something; it goes to the end of the line, or out of it when it is done. */
function nextBatch(turns: Set<PartitionCursor>, maxRecords: number, demand: Demand | undefined) {
  for (const cursor of demand ? demanded([...turns], demand) : turns) {
    const batch = cursor.hasBatches ? cursor.take(maxRecords) : undefined;
    if (cursor.isDone) turns.delete(cursor);
    if (!batch) continue;
    if (turns.delete(cursor)) turns.add(cursor);
    return batch;
  }
  return undefined;
}

/** Those that are waited for, and then those that are wanted. */
function demanded(cursors: readonly PartitionCursor[], demand: Demand): readonly PartitionCursor[] {
  const lacking = cursors.filter(({ topic }) => demand.lacks(topic));
  return [...lacking, ...cursors.filter((cursor) => !lacking.includes(cursor) && demand.wants(cursor.topic))];
}
