import type { LogRecord, RecordBatch, TopicPartition } from '../port.js';
import type { LogStorage } from '../storage/log-storage.js';
import { chunkBase, chunkCount, eachFrame, setChunkBase } from './chunk.js';
import { partitionName, readState, writeState } from './partition-state.js';
import { frameDelta, readFrame } from './record-frame.js';
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
}

/**
 * The next records of a partition from `position`; undefined when there are none yet. The batch is empty, with a position
 * that moved, when the records up to `stop` were compacted away.
 */
export function readBatch(
  storage: LogStorage,
  { topic, partition }: TopicPartition,
  position: number,
  { stop, maxRecords }: ReadLimits,
): RecordBatch | { readonly begin: number; readonly end: number } {
  const name = partitionName(topic, partition);
  const { begin, end } = readState(storage, name);
  const limit = Math.min(stop, end);
  if (position < begin || position >= limit) return { begin, end };
  const records: LogRecord[] = [];
  const read = { bytes: 0, exhausted: true };
  eachChunk(storage, name, position, (chunk) => {
    const base = chunkBase(chunk);
    if (base >= limit) return false;
    const whole = takeRecords(chunk, { topic, partition }, records, { from: position, limit, maxRecords });
    read.bytes += chunk.length;
    read.exhausted = whole && read.bytes < BATCH_BYTES && records.length < maxRecords;
    return read.exhausted;
  });
  const last = records.at(-1);
  const nextOffset = read.exhausted || !last ? limit : last.offset + 1;
  return { topic, partition, records, nextOffset, endOffset: end };
}

interface Take {
  readonly from: number;
  readonly limit: number;
  readonly maxRecords: number;
}

/** Answers whether the chunk was read to its end or to the limit. */
function takeRecords(chunk: Buffer, of: TopicPartition, records: LogRecord[], take: Take): boolean {
  const base = chunkBase(chunk);
  let whole = true;
  eachFrame(chunk, (start) => {
    const offset = base + frameDelta(chunk, start);
    if (offset < take.from) return true;
    if (offset >= take.limit) return false;
    if (records.length >= take.maxRecords) {
      whole = false;
      return false;
    }
    records.push(readFrame(chunk, start, base, of));
    return true;
  });
  return whole;
}
