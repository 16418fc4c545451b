import type { EventLog } from '@order-flow/event-log';
import type { RunningTopology, TopologyRun } from '../runner.js';
import type { StateBackend } from '../state.js';

/** A backend under test. */
export interface StreamsFixture {
  readonly log: EventLog;
  /** The local state of this name: empty at first, opened again (as by a new process) whenever it is asked for. */
  state(name: string): Promise<StateBackend>;
  close(): Promise<void>;
}

/** A topology that runs until it is stopped. */
export interface Run {
  readonly running: RunningTopology;
  readonly failures: { readonly slice: number; readonly error: Error; readonly retryInMs: number }[];
  /** Reasons for which slices stood still. */
  readonly paused: readonly string[];
  /** Changelog records replayed. */
  readonly restored: () => number;
  stop(): Promise<void>;
}

export interface Conformance {
  readonly fixture: StreamsFixture;
  readonly begin: (run: Partial<Omit<TopologyRun, 'signal'>> & { readonly state: StateBackend }) => Run;
}
