import type { Headers, LogRecord, NewRecord, TopicPartition } from '../port.js';
import { setHeader } from './set-header.js';

/*
 * A record's frame, little endian: u32 length of the rest · u32 offset − the chunk's base · f64 timestamp · u8 flags ·
 * f64 tombstone horizon (tombstones only) · u16 number of headers · u32 key length and key (unless it has none) ·
 * headers, each u16 and u32 lengths with name and value · the value up to the end.
 */
const NO_KEY = 1;
const TOMBSTONE = 2;
const DELTA_AT = 4;
const TIMESTAMP_AT = 8;
const FLAGS_AT = 16;
const HORIZON_AT = 17;
const NO_HEADERS: Headers = Object.freeze({});

const LONE_SURROGATE = /\p{Surrogate}/u;

/** A text as it comes back from UTF-8. */
const asUtf8 = (text: string): string => (LONE_SURROGATE.test(text) ? Buffer.from(text).toString() : text);

function headersAsRead(headers: Headers | undefined): Headers {
  for (const name in headers) {
    if (LONE_SURROGATE.test(name) || LONE_SURROGATE.test(headers[name] ?? '')) {
      return Object.fromEntries(Object.entries(headers).map(([key, value]) => [asUtf8(key), asUtf8(value)]));
    }
  }
  return headers ?? NO_HEADERS;
}

/** A record as whoever reads its frame gets it, without reading it. */
export function asRead(record: NewRecord, { topic, partition }: TopicPartition, offset: number): LogRecord {
  const { value, timestamp } = record;
  const key = record.key === null ? null : asUtf8(record.key);
  const headers = headersAsRead(record.headers);
  return { topic, partition, offset, key, value, headers, timestamp, decoded: undefined };
}

/** Bytes a record may take at most, of any text. */
export function frameBound(record: NewRecord): number {
  let size = 64 + (record.key?.length ?? 0) * 3 + (record.value?.length ?? 0);
  if (record.headers) {
    for (const name in record.headers) size += 6 + (name.length + (record.headers[name]?.length ?? 0)) * 3;
  }
  return size;
}

function writeHeaders(target: Buffer, start: number, headers: Headers): { at: number; count: number } {
  let at = start;
  let count = 0;
  for (const name in headers) {
    const nameLength = target.write(name, at + 6);
    const valueLength = target.write(headers[name] ?? '', at + 6 + nameLength);
    target.writeUInt16LE(nameLength, at);
    target.writeUInt32LE(valueLength, at + 2);
    at += 6 + nameLength + valueLength;
    count++;
  }
  return { at, count };
}

function writeKey(target: Buffer, at: number, key: string): number {
  const length = target.write(key, at + 4);
  target.writeUInt32LE(length, at);
  return at + 4 + length;
}

/** Writes a frame at `start`; answers where it ends. The target must have `frameBound(record)` bytes left. */
export function writeFrame(target: Buffer, start: number, record: NewRecord, delta: number): number {
  const { key, value } = record;
  target.writeUInt32LE(delta, start + DELTA_AT);
  target.writeDoubleLE(record.timestamp, start + TIMESTAMP_AT);
  target[start + FLAGS_AT] = (key === null ? NO_KEY : 0) | (value === null ? TOMBSTONE : 0);
  let at = start + HORIZON_AT;
  if (value === null) at = target.writeDoubleLE(0, at);
  const countAt = at;
  at += 2;
  if (key !== null) at = writeKey(target, at, key);
  const written = writeHeaders(target, at, record.headers ?? NO_HEADERS);
  target.writeUInt16LE(written.count, countAt);
  at = written.at;
  if (value !== null) {
    target.set(value, at);
    at += value.length;
  }
  target.writeUInt32LE(at - start - 4, start);
  return at;
}

export const frameEnd = (source: Buffer, start: number): number => start + 4 + source.readUInt32LE(start);
export const frameDelta = (source: Buffer, start: number): number => source.readUInt32LE(start + DELTA_AT);
export const frameTimestamp = (source: Buffer, start: number): number => source.readDoubleLE(start + TIMESTAMP_AT);
export const isTombstone = (source: Buffer, start: number): boolean =>
  ((source[start + FLAGS_AT] ?? 0) & TOMBSTONE) !== 0;

export function setFrameDelta(target: Buffer, start: number, delta: number): void {
  target.writeUInt32LE(delta, start + DELTA_AT);
}

/** When a tombstone may go, in milliseconds since the epoch; 0 before its first compaction. */
export const tombstoneHorizon = (source: Buffer, start: number): number => source.readDoubleLE(start + HORIZON_AT);

export function setTombstoneHorizon(target: Buffer, start: number, horizon: number): void {
  target.writeDoubleLE(horizon, start + HORIZON_AT);
}

const headerCountAt = (source: Buffer, start: number): number =>
  start + HORIZON_AT + (isTombstone(source, start) ? 8 : 0);

export function frameKey(source: Buffer, start: number): string | null {
  if (((source[start + FLAGS_AT] ?? 0) & NO_KEY) !== 0) return null;
  const at = headerCountAt(source, start) + 2;
  return source.toString('utf8', at + 4, at + 4 + source.readUInt32LE(at));
}

function readHeaders(source: Buffer, start: number, count: number): { headers: Headers; at: number } {
  if (count === 0) return { headers: NO_HEADERS, at: start };
  const headers: Record<string, string> = {};
  let at = start;
  for (let index = 0; index < count; index++) {
    const nameEnd = at + 6 + source.readUInt16LE(at);
    const valueEnd = nameEnd + source.readUInt32LE(at + 2);
    setHeader(headers, source.toString('utf8', at + 6, nameEnd), source.toString('utf8', nameEnd, valueEnd));
    at = valueEnd;
  }
  return { headers, at };
}

/** The record of the frame at `start`. Its value is a view of `source`, not a copy. */
export function readFrame(
  source: Buffer,
  start: number,
  base: number,
  { topic, partition }: TopicPartition,
): LogRecord {
  const flags = source[start + FLAGS_AT] ?? 0;
  let at = start + HORIZON_AT + ((flags & TOMBSTONE) === 0 ? 0 : 8);
  const count = source.readUInt16LE(at);
  at += 2;
  let key: string | null = null;
  if ((flags & NO_KEY) === 0) {
    const keyEnd = at + 4 + source.readUInt32LE(at);
    key = source.toString('utf8', at + 4, keyEnd);
    at = keyEnd;
  }
  const { headers, at: valueAt } = readHeaders(source, at, count);
  const value = (flags & TOMBSTONE) === 0 ? source.subarray(valueAt, frameEnd(source, start)) : null;
  return {
    topic,
    partition,
    offset: base + frameDelta(source, start),
    key,
    value,
    headers,
    timestamp: frameTimestamp(source, start),
    decoded: undefined,
  };
}
