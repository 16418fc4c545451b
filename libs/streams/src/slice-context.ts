import type { EventLog } from '@order-flow/event-log';
import type { Topology } from './graph.js';
import type { TopologyObserver } from './observer.js';
import type { SliceState } from './state.js';

export interface SliceOptions {
  /** Milliseconds; a commit comes at the latest after this much processing, and after waiting this long for outputs. */
  readonly commitIntervalMs: number;
  /** Records; a commit comes at the latest after this many. */
  readonly commitRecords: number;
  /** Records read ahead. */
  readonly bufferRecords: number;
  /** Entries of each store that a slice keeps parsed. */
  readonly cacheEntries: number;
  /** Dead letters without a good record in between before the topology pauses. */
  readonly deadLettersInARow: number;
  /** Milliseconds between deletions of repartition records that are consumed. */
  readonly trimIntervalMs: number;
}

export const DEFAULT_SLICE_OPTIONS: SliceOptions = {
  commitIntervalMs: 100,
  commitRecords: 1_000,
  bufferRecords: 2_000,
  cacheEntries: 500,
  deadLettersInARow: 100,
  trimIntervalMs: 60_000,
};

/** Lets a topology stand still: no record is processed while it is closed. */
export interface Gate {
  readonly open: boolean;
  /** Resolves when it is open or the signal is aborted. */
  passed(signal: AbortSignal): Promise<void>;
}

export interface SliceContext {
  readonly topology: Topology;
  readonly slice: number;
  readonly log: EventLog;
  readonly state: SliceState;
  readonly options: SliceOptions;
  readonly observer: TopologyObserver;
  readonly gate: Gate;
  /** Looks for the record that writes a value that cannot be committed. */
  readonly careful: boolean;
  /** Counts dead letters anew: somebody let the slice go on after too many. */
  readonly resumed: () => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
