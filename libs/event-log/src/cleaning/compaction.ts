import { setImmediate } from 'node:timers/promises';
import { chunkBase, chunkCount, CHUNK_RECORDS, eachFrame, packChunks, type Survivor } from '../records/chunk.js';
import { chunkTable, eachChunk } from '../records/partition-log.js';
import { readState, writeState } from '../records/partition-state.js';
import { frameDelta, frameKey, frameTimestamp, isTombstone, tombstoneHorizon } from '../records/record-frame.js';
import type { LogStorage } from '../storage/log-storage.js';
import { RECORDS_PER_TRANSACTION } from './deletion.js';
import { type LatestOffsets, latestOffsets, WINDOW_KEYS } from './latest-offsets.js';

export interface CompactionSettings {
  /** Milliseconds that a tombstone stays after its first compaction, for readers that are on their way. */
  readonly deleteRetentionMs: number;
  readonly now: () => number;
  readonly windowKeys?: number;
  /** Ends the compaction after the present transaction. */
  readonly signal?: AbortSignal;
}

/** What becomes of one stretch of chunks. */
interface Sweep {
  readonly places: number[];
  readonly survivors: Survivor[];
  bytes: number;
  removed: number;
  /** Tombstones that got their horizon. */
  marked: number;
  tombstonesDue: number;
  next: number;
}

interface Rules extends LatestOffsets {
  readonly now: number;
  readonly horizon: number;
}

function keep(sweep: Sweep, survivor: Survivor, rules: Rules): void {
  const { chunk, start, offset } = survivor;
  if (offset >= rules.until || !isTombstone(chunk, start)) {
    sweep.survivors.push(survivor);
    return;
  }
  const marked = tombstoneHorizon(chunk, start);
  if (marked !== 0 && marked <= rules.now) {
    sweep.removed++;
    return;
  }
  const horizon = marked === 0 ? rules.horizon : marked;
  if (marked === 0) sweep.marked++;
  sweep.tombstonesDue = Math.min(sweep.tombstonesDue, horizon);
  sweep.survivors.push({ ...survivor, horizon });
}

function sweepChunk(sweep: Sweep, chunk: Buffer, rules: Rules): void {
  const base = chunkBase(chunk);
  eachFrame(chunk, (start) => {
    const offset = base + frameDelta(chunk, start);
    const key = offset < rules.until ? frameKey(chunk, start) : null;
    const newest = key === null ? offset : (rules.latest.get(key) ?? offset);
    if (newest > offset) sweep.removed++;
    else keep(sweep, { chunk, start, offset, timestamp: frameTimestamp(chunk, start) }, rules);
    return true;
  });
}

function planSweep(storage: LogStorage, name: string, from: number, rules: Rules): Sweep {
  const sweep: Sweep = {
    places: [],
    survivors: [],
    bytes: 0,
    removed: 0,
    marked: 0,
    tombstonesDue: Infinity,
    next: rules.until,
  };
  let records = 0;
  eachChunk(storage, name, from, (chunk, last) => {
    if (chunkBase(chunk) >= rules.until) return false;
    sweepChunk(sweep, chunk, rules);
    sweep.places.push(last);
    sweep.bytes += chunk.length;
    sweep.next = last + 1;
    records += chunkCount(chunk);
    return records <= RECORDS_PER_TRANSACTION - CHUNK_RECORDS;
  });
  return sweep;
}

function applySweep(storage: LogStorage, name: string, sweep: Sweep): void {
  const table = chunkTable(name);
  let bytes = 0;
  const packed = packChunks(sweep.survivors);
  const kept = new Set(packed.map(({ last }) => last));
  for (const place of sweep.places) if (!kept.has(place)) storage.remove(table, place);
  for (const { chunk, last } of packed) {
    storage.put(table, last, chunk);
    bytes += chunk.length;
  }
  const state = readState(storage, name);
  state.bytes += bytes - sweep.bytes;
  state.count -= sweep.removed;
  writeState(storage, name, state);
}

/** Small chunks are worth joining when at least half of them go. */
function isWorthwhile(sweep: Sweep): boolean {
  if (sweep.removed > 0 || sweep.marked > 0) return true;
  return sweep.places.length > 1 && packChunks(sweep.survivors).length <= sweep.places.length / 2;
}

/** Answers when the oldest remaining tombstone may go. */
async function sweepAll(
  storage: LogStorage,
  name: string,
  rules: Rules,
  signal: AbortSignal | undefined,
): Promise<{ tombstonesDue: number; kept: number }> {
  const total = { tombstonesDue: Infinity, kept: 0 };
  let from = readState(storage, name).begin;
  while (from < rules.until && !signal?.aborted) {
    let sweep = planSweep(storage, name, from, rules);
    if (isWorthwhile(sweep)) {
      sweep = await storage.transaction(() => {
        // Again, for records may have been deleted since.
        const actual = planSweep(storage, name, from, rules);
        applySweep(storage, name, actual);
        return actual;
      });
    } else await setImmediate();
    total.tombstonesDue = Math.min(total.tombstonesDue, sweep.tombstonesDue);
    total.kept += sweep.survivors.length;
    from = sweep.next;
  }
  return total;
}

/**
 * Keeps the newest record of each key, as Kafka's log cleaner does: the records since the last compaction are read for
 * their keys, in windows of at most 100,000 keys, and then every older record of those keys is removed. Offsets stay as
 * they are; the newest record of the partition always stays.
 */
export async function compact(storage: LogStorage, name: string, settings: CompactionSettings): Promise<void> {
  const { signal, now, deleteRetentionMs } = settings;
  const to = readState(storage, name).end - 1;
  const maxKeys = settings.windowKeys ?? WINDOW_KEYS;
  let until = -1;
  while (until < to && !signal?.aborted) {
    const { cleanedTo, begin } = readState(storage, name);
    const from = Math.max(cleanedTo, begin);
    const window = await latestOffsets(storage, name, { from, to, maxKeys });
    const rules = { ...window, now: now(), horizon: now() + deleteRetentionMs };
    const { tombstonesDue, kept } = await sweepAll(storage, name, rules, signal);
    until = window.until;
    if (signal?.aborted) return;
    await storage.transaction(() => {
      const state = readState(storage, name);
      state.cleanedTo = Math.max(state.cleanedTo, window.until);
      state.cleanedCount = kept;
      state.tombstonesDue = tombstonesDue;
      writeState(storage, name, state);
    });
  }
}
