import { setImmediate } from 'node:timers/promises';
import { chunkBase, chunkCount, eachFrame } from '../records/chunk.js';
import { eachChunk } from '../records/partition-log.js';
import { frameDelta, frameKey } from '../records/record-frame.js';
import type { LogStorage } from '../storage/log-storage.js';

/** Keys looked at in one go: the bound of a compaction's memory. */
export const WINDOW_KEYS = 100_000;
const RECORDS_PER_TURN = 2_000;

/** The newest offset of each key in a stretch of records that ends before `until`. */
export interface LatestOffsets {
  readonly latest: ReadonlyMap<string, number>;
  readonly until: number;
}

/** Reads from `from` up to `to`, or less if that stretch has too many keys. */
export async function latestOffsets(
  storage: LogStorage,
  name: string,
  { from, to, maxKeys }: { readonly from: number; readonly to: number; readonly maxKeys: number },
): Promise<LatestOffsets> {
  const latest = new Map<string, number>();
  let until = from;
  while (until < to && latest.size < maxKeys) {
    until = readStretch(storage, name, { from: until, to, maxKeys }, latest);
    await setImmediate();
  }
  return { latest, until };
}

function readStretch(
  storage: LogStorage,
  name: string,
  { from, to, maxKeys }: { readonly from: number; readonly to: number; readonly maxKeys: number },
  latest: Map<string, number>,
): number {
  let until = to;
  let seen = 0;
  eachChunk(storage, name, from, (chunk, last) => {
    const base = chunkBase(chunk);
    if (base >= to) return false;
    eachFrame(chunk, (start) => {
      const offset = base + frameDelta(chunk, start);
      if (offset < from) return true;
      if (offset >= to) return false;
      const key = frameKey(chunk, start);
      if (key !== null) latest.set(key, offset);
      return true;
    });
    seen += chunkCount(chunk);
    const more = seen < RECORDS_PER_TURN && latest.size < maxKeys;
    if (!more) until = Math.min(to, last + 1);
    return more;
  });
  return until;
}
