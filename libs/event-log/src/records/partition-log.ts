import type { LogRecord, RecordBatch, TopicPartition } from '../port.js';
import type { LogStorage } from '../storage/log-storage.js';
import { chunkBase, chunkCount, eachFrame, setChunkBase } from './chunk.js';
import type { RecentChunks } from './recent-chunks.js';
import { bounds, decidedBounds, partitionName, readState, writeState } from './partition-state.js';
import { readFrame } from './record-frame.js';
import { indexTimestamps } from './time-index.js';

/** Bytes of chunks after which a batch is full. */
const BATCH_BYTES = 4 * 1024 * 1024;

export const chunkTable = (name: string): string => `chunks:${name}`;

/** Visits the chunks that hold offsets >= `from`, with the offset of their last record, until `visit` answers false. */
export function eachChunk(
  storage: LogStorage,
  name: string,
  from: number,
  visit: (chunk: Buffer, last: number) => boolean,
): void {
  storage.scan(chunkTable(name), { from }, (at, chunk) => visit(chunk, Number(at)));
}

/** Encoded records of one commit for one partition. */
export interface Append {
  readonly name: string;
  readonly chunks: readonly Buffer[];
  readonly timestamps: readonly number[];
}

/** Puts the records at the partition's end; answers the first one's offset. Only inside a transaction. */
export function appendChunks(storage: LogStorage, { name, chunks, timestamps }: Append): number {
  const state = readState(storage, name);
  const base = state.end;
  const table = chunkTable(name);
  let end = base;
  for (const chunk of chunks) {
    setChunkBase(chunk, end);
    end += chunkCount(chunk);
    storage.put(table, end - 1, chunk);
    state.bytes += chunk.length;
  }
  indexTimestamps(storage, name, state, timestamps);
  state.count += timestamps.length;
  state.end = end;
  writeState(storage, name, state);
  return base;
}

export interface ReadLimits {
  /** Exclusive. */
  readonly stop: number;
  readonly maxRecords: number;
  /** Where decoded records are shared; absent for compacted topics, whose chunks are rewritten. */
  readonly recent?: RecentChunks | undefined;
  /** Whether records are wanted that are decided and not durable yet; of those only what is shared is there. */
  readonly ahead?: boolean;
}

/** What a look at a partition found. */
export type Look =
  | RecordBatch
  /** No records yet: where the partition begins, and how far it is known to reach. */
  | { readonly begin: number; readonly endOffset: number };

/** Records up to a bound, with where the next one stands. */
class Collected {
  readonly records: LogRecord[] = [];
  /** Where the next chunk begins that was not taken. */
  at: number;
  room = true;
  #bytes = 0;

  constructor(
    readonly from: number,
    readonly reach: number,
    readonly maxRecords: number,
  ) {
    this.at = from;
  }

  /** Takes a chunk's records; answers whether there is room for those of the next one. */
  take(decoded: readonly LogRecord[], bytes: number): boolean {
    this.#bytes += bytes;
    const whole = takeRecords(decoded, this.records, {
      from: this.from,
      limit: this.reach,
      maxRecords: this.maxRecords,
    });
    return (this.room = whole && this.#bytes < BATCH_BYTES && this.records.length < this.maxRecords);
  }

  get nextOffset(): number {
    const last = this.records.at(-1);
    return this.room || !last ? this.at : last.offset + 1;
  }
}

/** Chunks that other readers or writers of this process had, one after the other. */
function takeShared(recent: RecentChunks, name: string, into: Collected): void {
  for (let known = recent.get(name, into.at); known && into.at < into.reach && into.room;) {
    into.take(known.records, known.bytes);
    into.at += known.records.length;
    known = recent.get(name, into.at);
  }
}

/** Chunks of the storage, up to `limit`. */
function takeStored(
  storage: LogStorage,
  of: TopicPartition,
  limit: number,
  recent: RecentChunks | undefined,
  into: Collected,
): void {
  const name = partitionName(of.topic, of.partition);
  eachChunk(storage, name, into.at, (chunk) => {
    const base = chunkBase(chunk);
    if (base >= limit) return false;
    const known = recent?.get(name, base);
    const decoded = known?.records ?? decodeChunk(chunk, of);
    if (!known) recent?.add(name, base, decoded, chunk.length);
    return into.take(decoded, chunk.length);
  });
  into.at = limit;
}

/**
 * The next records of a partition from `position`. The batch is empty, with a position that moved, when the records up to
 * `stop` were compacted away.
 */
export function readBatch(
  storage: LogStorage,
  of: TopicPartition,
  position: number,
  { stop, maxRecords, recent, ahead = false }: ReadLimits,
): Look {
  const name = partitionName(of.topic, of.partition);
  const { begin, end } = ahead ? decidedBounds(storage, name) : bounds(storage, name);
  const reach = Math.min(stop, end);
  const nothing = { begin, endOffset: end };
  if (position < begin || position >= reach) return nothing;
  const found = new Collected(position, reach, maxRecords);
  if (recent) takeShared(recent, name, found);
  if (found.room && found.at < reach) {
    const limit = ahead ? Math.min(stop, bounds(storage, name).end) : reach;
    if (found.at < limit) takeStored(storage, of, limit, recent, found);
  }
  const { records, nextOffset } = found;
  return nextOffset === position
    ? nothing
    : { topic: of.topic, partition: of.partition, records, nextOffset, endOffset: end };
}

interface Take {
  readonly from: number;
  readonly limit: number;
  readonly maxRecords: number;
}

function decodeChunk(chunk: Buffer, of: TopicPartition): LogRecord[] {
  const base = chunkBase(chunk);
  const records: LogRecord[] = [];
  eachFrame(chunk, (start) => records.push(readFrame(chunk, start, base, of)) > 0);
  return records;
}

/** Answers whether the chunk was read to its end or to the limit. */
function takeRecords(decoded: readonly LogRecord[], records: LogRecord[], take: Take): boolean {
  for (const record of decoded) {
    if (record.offset < take.from) continue;
    if (record.offset >= take.limit) return true;
    if (records.length >= take.maxRecords) return false;
    records.push(record);
  }
  return true;
}
