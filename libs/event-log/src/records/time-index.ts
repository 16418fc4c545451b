import type { LogStorage } from '../storage/log-storage.js';
import type { PartitionState } from './partition-state.js';

/** Offsets per entry of the index. */
export const SEGMENT = 1024;

export const timeTable = (name: string): string => `times:${name}`;

/**
 * Takes records' timestamps into the index: the greatest of each segment of offsets, written when the segment is full.
 * Timestamps need not grow. Only inside a transaction.
 */
export function indexTimestamps(
  storage: LogStorage,
  name: string,
  state: PartitionState,
  timestamps: readonly number[],
): void {
  let offset = state.end;
  for (const timestamp of timestamps) {
    if (timestamp > state.segmentTimestamp) state.segmentTimestamp = timestamp;
    if (++offset % SEGMENT !== 0) continue;
    const entry = Buffer.allocUnsafe(8);
    entry.writeDoubleLE(state.segmentTimestamp);
    storage.put(timeTable(name), offset / SEGMENT - 1, entry);
    state.segmentTimestamp = -Infinity;
  }
}

/** Removes the entries of segments that lie below `begin` whole. Only inside a transaction. */
export function trimTimestamps(storage: LogStorage, name: string, begin: number): void {
  const table = timeTable(name);
  const obsolete: number[] = [];
  storage.scan(table, { to: Math.floor(begin / SEGMENT) }, (at) => obsolete.push(Number(at)) < 10_000);
  for (const at of obsolete) storage.remove(table, at);
}
