import { LogError, type NewRecord } from '../port.js';
import { frameBound, frameEnd, setFrameDelta, setTombstoneHorizon, writeFrame } from './record-frame.js';

/*
 * A chunk holds some records that follow each other in one partition and is stored under the offset of its last one:
 * u8 format · u32 number of records · f64 base offset · f64 greatest timestamp · frames.
 */
const FORMAT = 1;
const COUNT_AT = 1;
const BASE_AT = 5;
const TIMESTAMP_AT = 13;
const FRAMES_AT = 21;

export const CHUNK_RECORDS = 500;
const CHUNK_BYTES = 64 * 1024;
const RECORD_BYTES = 1024 * 1024;
/** Of a frame with a key, besides what counts as the record. */
const FRAME_OVERHEAD = 23;

let scratch: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES * 2);

/** A buffer with room for more, and what is used of the target in it. */
function withRoom(target: Buffer, used: number, more: number): Buffer {
  if (used + more <= target.length) return target;
  const larger = Buffer.allocUnsafeSlow((used + more) * 2);
  target.copy(larger, 0, 0, used);
  // Unusually large records must not keep a large buffer alive.
  if (larger.length <= CHUNK_BYTES * 4) scratch = larger;
  return larger;
}

const writeHead = (chunk: Buffer, count: number, base: number, timestamp: number): void => {
  chunk[0] = FORMAT;
  chunk.writeUInt32LE(count, COUNT_AT);
  chunk.writeDoubleLE(base, BASE_AT);
  chunk.writeDoubleLE(timestamp, TIMESTAMP_AT);
};

export const chunkCount = (chunk: Buffer): number => chunk.readUInt32LE(COUNT_AT);
export const chunkBase = (chunk: Buffer): number => chunk.readDoubleLE(BASE_AT);
export const chunkTimestamp = (chunk: Buffer): number => chunk.readDoubleLE(TIMESTAMP_AT);
export const setChunkBase = (chunk: Buffer, base: number): void => void chunk.writeDoubleLE(base, BASE_AT);

/** Where each frame of the chunk starts, in order. Stops when `visit` answers false. */
export function eachFrame(chunk: Buffer, visit: (start: number) => boolean): void {
  for (let start = FRAMES_AT; start < chunk.length; start = frameEnd(chunk, start)) {
    if (!visit(start)) return;
  }
}

/**
 * Encodes records in order into as few chunks as their bounds allow. Bases count from 0; `setChunkBase` moves them to
 * where the partition ends.
 * @throws LogError RECORD_TOO_LARGE above 1 MiB of key, value and headers
 */
export function encodeChunks(records: readonly NewRecord[]): Buffer[] {
  const chunks: Buffer[] = [];
  let first = 0;
  while (first < records.length) {
    const { chunk, count } = encodeChunk(records, first);
    chunks.push(chunk);
    first += count;
  }
  return chunks;
}

function encodeChunk(records: readonly NewRecord[], first: number): { chunk: Buffer; count: number } {
  let target: Buffer = scratch;
  let at = FRAMES_AT;
  let count = 0;
  let timestamp = -Infinity;
  for (let record = records[first]; record && count < CHUNK_RECORDS; record = records[first + count]) {
    target = withRoom(target, at, frameBound(record));
    const end = writeFrame(target, at, record, count);
    if (end - at > RECORD_BYTES + FRAME_OVERHEAD) throw tooLarge(record, end - at);
    if (count > 0 && end > CHUNK_BYTES) break;
    timestamp = Math.max(timestamp, record.timestamp);
    at = end;
    count++;
  }
  const chunk = Buffer.allocUnsafeSlow(at);
  target.copy(chunk, 0, 0, at);
  writeHead(chunk, count, first, timestamp);
  return { chunk, count };
}

const tooLarge = (record: NewRecord, size: number): LogError =>
  new LogError('RECORD_TOO_LARGE', `a record of ${size} bytes for ${record.topic}; the limit is ${RECORD_BYTES}`);

/** A frame that outlives a compaction. */
export interface Survivor {
  readonly chunk: Buffer;
  readonly start: number;
  readonly offset: number;
  readonly timestamp: number;
  /** Of a tombstone, when it may go. */
  readonly horizon?: number;
}

/** Packs frames, in offset order, into new chunks; each comes with the offset of its last record. */
export function packChunks(survivors: readonly Survivor[]): { chunk: Buffer; last: number }[] {
  const packed: { chunk: Buffer; last: number }[] = [];
  let group: Survivor[] = [];
  let bytes = FRAMES_AT;
  for (const survivor of survivors) {
    const size = frameEnd(survivor.chunk, survivor.start) - survivor.start;
    if (group.length > 0 && !fits(group, bytes + size, survivor.offset)) {
      packed.push(pack(group, bytes));
      group = [];
      bytes = FRAMES_AT;
    }
    group.push(survivor);
    bytes += size;
  }
  if (group.length > 0) packed.push(pack(group, bytes));
  return packed;
}

function fits(group: readonly Survivor[], bytes: number, offset: number): boolean {
  const base = group[0]?.offset ?? offset;
  return group.length < CHUNK_RECORDS && bytes <= CHUNK_BYTES && offset - base <= 0xffffffff;
}

function pack(group: readonly Survivor[], bytes: number): { chunk: Buffer; last: number } {
  const chunk = Buffer.allocUnsafeSlow(bytes);
  const base = group[0]?.offset ?? 0;
  let at = FRAMES_AT;
  let timestamp = -Infinity;
  let last = base;
  for (const survivor of group) {
    const end = frameEnd(survivor.chunk, survivor.start);
    survivor.chunk.copy(chunk, at, survivor.start, end);
    setFrameDelta(chunk, at, survivor.offset - base);
    if (survivor.horizon !== undefined) setTombstoneHorizon(chunk, at, survivor.horizon);
    timestamp = Math.max(timestamp, survivor.timestamp);
    last = survivor.offset;
    at += end - survivor.start;
  }
  writeHead(chunk, group.length, base, timestamp);
  return { chunk, last };
}
