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

/** Offsets of the first record and of the next one. */
export type Bounds = Pick<PartitionState, 'begin' | 'end'>;

/** What readers need of the state, which they look at far more often than it is written. */
export function bounds(storage: LogStorage, name: string): Bounds {
  return boundsOf(storage.get(TABLE, name));
}

/** The bounds when all is durable that is decided. */
export function decidedBounds(storage: LogStorage, name: string): Bounds {
  return boundsOf(storage.decided(TABLE, name));
}

function boundsOf(bytes: Buffer | undefined): Bounds {
  return bytes ? { begin: bytes.readDoubleLE(0), end: bytes.readDoubleLE(8) } : { begin: 0, end: 0 };
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
