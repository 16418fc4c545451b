import type { LogStorage } from '../storage/log-storage.js';

/** What the log knows of one partition; written with each commit to it. */
export interface PartitionState {
  begin: number;
  end: number;
  bytes: number;
  /** Records that are stored. */
  count: number;
  /** Greatest timestamp in the time segment that `end` lies in. */
  segmentTimestamp: number;
  /** Below it each key stands once (compacted topics). */
  cleanedTo: number;
  /** Records stored below `cleanedTo` after the last compaction. */
  cleanedCount: number;
  /** When the oldest tombstone may go, milliseconds since the epoch; Infinity for none. */
  tombstonesDue: number;
}

const FIELDS = [
  'begin',
  'end',
  'bytes',
  'count',
  'segmentTimestamp',
  'cleanedTo',
  'cleanedCount',
  'tombstonesDue',
] as const;

const TABLE = 'partitions';

export const partitionName = (topic: string, partition: number): string => `${topic}/${partition}`;

export function readState(storage: LogStorage, name: string): PartitionState {
  return stateOf(storage.get(TABLE, name));
}

/** Where the partition will end when all is durable that is decided. */
export function decidedEnd(storage: LogStorage, name: string): number {
  return stateOf(storage.decided(TABLE, name)).end;
}

function stateOf(bytes: Buffer | undefined): PartitionState {
  const state: PartitionState = {
    begin: 0,
    end: 0,
    bytes: 0,
    count: 0,
    segmentTimestamp: -Infinity,
    cleanedTo: 0,
    cleanedCount: 0,
    tombstonesDue: Infinity,
  };
  if (bytes) FIELDS.forEach((field, index) => (state[field] = bytes.readDoubleLE(index * 8)));
  return state;
}

/** Only inside a transaction. */
export function writeState(storage: LogStorage, name: string, state: PartitionState): void {
  const bytes = Buffer.allocUnsafe(FIELDS.length * 8);
  FIELDS.forEach((field, index) => bytes.writeDoubleLE(state[field], index * 8));
  storage.put(TABLE, name, bytes);
}
