import { chunkCount, chunkTimestamp, chunkBase, eachFrame, CHUNK_RECORDS } from '../records/chunk.js';
import { chunkTable, eachChunk } from '../records/partition-log.js';
import { type PartitionState, readState, writeState } from '../records/partition-state.js';
import { frameDelta, frameTimestamp } from '../records/record-frame.js';
import { trimTimestamps } from '../records/time-index.js';
import type { LogStorage } from '../storage/log-storage.js';

/** A transaction of a cleaner deletes or moves about this many records, so that writers never wait long. */
export const RECORDS_PER_TRANSACTION = 2 * CHUNK_RECORDS;

interface Obsolete {
  readonly places: number[];
  bytes: number;
  count: number;
}

function obsoleteChunks(storage: LogStorage, name: string, begin: number): Obsolete {
  const obsolete: Obsolete = { places: [], bytes: 0, count: 0 };
  eachChunk(storage, name, 0, (chunk, last) => {
    if (last >= begin) return false;
    obsolete.places.push(last);
    obsolete.bytes += chunk.length;
    obsolete.count += chunkCount(chunk);
    return obsolete.count < RECORDS_PER_TRANSACTION - CHUNK_RECORDS;
  });
  return obsolete;
}

/** Removes the chunks that lie below the partition's begin, a bounded number in each transaction. */
export async function removeObsolete(storage: LogStorage, name: string): Promise<void> {
  while (firstChunkEnd(storage, name) < readState(storage, name).begin) {
    await storage.transaction(() => removeSome(storage, name, readState(storage, name)));
  }
}

/** The offset of the first chunk's last record; Infinity without one. */
function firstChunkEnd(storage: LogStorage, name: string): number {
  let end = Infinity;
  eachChunk(storage, name, 0, (_chunk, last) => {
    end = last;
    return false;
  });
  return end;
}

function removeSome(storage: LogStorage, name: string, state: PartitionState): void {
  const obsolete = obsoleteChunks(storage, name, state.begin);
  for (const place of obsolete.places) storage.remove(chunkTable(name), place);
  trimTimestamps(storage, name, state.begin);
  writeState(storage, name, {
    ...state,
    bytes: Math.max(0, state.bytes - obsolete.bytes),
    count: Math.max(0, state.count - obsolete.count),
    cleanedCount: Math.max(0, state.cleanedCount - obsolete.count),
  });
}

/** Hides the records below `offset` at once, and removes them. An offset below the begin changes nothing. */
export async function deleteBelow(storage: LogStorage, name: string, offset: number): Promise<void> {
  await storage.transaction(() => {
    const state = readState(storage, name);
    if (offset > state.begin) removeSome(storage, name, { ...state, begin: Math.min(offset, state.end) });
  });
  await removeObsolete(storage, name);
}

/** The first offset at or after the begin whose record is not older than `cutoff`, looked for in a bounded stretch. */
function firstKept(storage: LogStorage, name: string, cutoff: number): number {
  const { begin, end } = readState(storage, name);
  let kept = begin;
  let seen = 0;
  eachChunk(storage, name, begin, (chunk, last) => {
    if (chunkTimestamp(chunk) < cutoff) {
      kept = last + 1;
      seen += chunkCount(chunk);
      return seen < RECORDS_PER_TRANSACTION * 10;
    }
    const base = chunkBase(chunk);
    eachFrame(chunk, (start) => {
      const offset = base + frameDelta(chunk, start);
      if (offset < kept) return true;
      if (frameTimestamp(chunk, start) >= cutoff) return false;
      kept = offset + 1;
      return true;
    });
    return false;
  });
  return Math.min(kept, end);
}

/** Deletes the oldest records as long as their timestamps lie before `cutoff`, milliseconds since the epoch. */
export async function expire(storage: LogStorage, name: string, cutoff: number): Promise<void> {
  for (;;) {
    const kept = firstKept(storage, name, cutoff);
    if (kept <= readState(storage, name).begin) return;
    await deleteBelow(storage, name, kept);
  }
}
