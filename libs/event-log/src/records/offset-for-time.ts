import type { TopicPartition } from '../port.js';
import type { LogStorage } from '../storage/log-storage.js';
import { chunkBase, chunkTimestamp, eachFrame } from './chunk.js';
import { eachChunk } from './partition-log.js';
import { partitionName, readState } from './partition-state.js';
import { frameDelta, frameTimestamp } from './record-frame.js';
import { SEGMENT, timeTable } from './time-index.js';

function findInSegment(storage: LogStorage, name: string, range: { from: number; to: number }, timestamp: number) {
  let found: number | undefined;
  eachChunk(storage, name, range.from, (chunk) => {
    const base = chunkBase(chunk);
    if (base >= range.to) return false;
    if (chunkTimestamp(chunk) < timestamp) return true;
    eachFrame(chunk, (start) => {
      const offset = base + frameDelta(chunk, start);
      const hit = offset >= range.from && offset < range.to && frameTimestamp(chunk, start) >= timestamp;
      if (hit) found = offset;
      return !hit;
    });
    return found === undefined;
  });
  return found;
}

/**
 * First offset whose record has a timestamp >= `timestamp`, or the end. Reads one index entry per 1,024 records, and the
 * records of those segments only whose greatest timestamp is late enough.
 */
export function offsetForTime(storage: LogStorage, { topic, partition }: TopicPartition, timestamp: number): number {
  const name = partitionName(topic, partition);
  const { begin, end, segmentTimestamp } = readState(storage, name);
  const candidates: number[] = [];
  const nextCandidates = (from: number): void =>
    storage.scan(timeTable(name), { from }, (at, greatest) => {
      if (greatest.readDoubleLE() >= timestamp) candidates.push(Number(at));
      return candidates.length === 0;
    });
  for (let from = Math.floor(begin / SEGMENT); ;) {
    nextCandidates(from);
    const segment = candidates.pop();
    if (segment === undefined) break;
    const range = { from: Math.max(begin, segment * SEGMENT), to: (segment + 1) * SEGMENT };
    const found = findInSegment(storage, name, range, timestamp);
    if (found !== undefined) return found;
    from = segment + 1;
  }
  if (segmentTimestamp < timestamp) return end;
  const open = { from: Math.max(begin, Math.floor(end / SEGMENT) * SEGMENT), to: end };
  return findInSegment(storage, name, open, timestamp) ?? end;
}
