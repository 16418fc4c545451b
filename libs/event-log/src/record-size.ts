import type { NewRecord } from './port.js';

/** What every log takes: brokers refuse batches above 1 MiB and 12 bytes by default, and a batch's head has 61. */
export const LARGEST_RECORD = 1_048_527;

/** At most this many bytes of lengths, deltas and attributes come with a record, and with each of its headers. */
const RECORD_OVERHEAD = 36;
const HEADER_OVERHEAD = 10;

/** Bytes that a record takes at most, in whatever log. */
export function recordSize({ key, value, headers = {} }: NewRecord): number {
  let size = RECORD_OVERHEAD + (key === null ? 0 : Buffer.byteLength(key)) + (value?.length ?? 0);
  for (const [name, text] of Object.entries(headers)) {
    size += HEADER_OVERHEAD + Buffer.byteLength(name) + Buffer.byteLength(text);
  }
  return size;
}
