import { setTimeout as delay } from 'node:timers/promises';
import { type EventLog, type OwnershipEpoch, partitionForKey } from '@order-flow/event-log';
import { type Topology } from './graph.js';
import type { TopologyObserver } from './observer.js';
import { DEFAULT_SLICE_OPTIONS, Slice, type SliceOptions } from './slice.js';
import type { StateBackend } from './state.js';

export interface TopologyRun {
  readonly topology: Topology;
  readonly log: EventLog;
  readonly state: StateBackend;
  readonly signal: AbortSignal;
  readonly options?: Partial<SliceOptions>;
  readonly observer?: TopologyObserver;
  readonly now?: () => number;
}

/** A running topology: this process is a member of the group of the topology's name. */
export interface RunningTopology {
  readonly topology: Topology;
  /** Resolves when it has stopped after its signal; rejects when membership itself fails. */
  readonly done: Promise<void>;
  /** Slices owned now. */
  slices(): readonly number[];
  /**
   * Reads what is committed in a store of a slice this process owns.
   * @returns undefined when there is no such key, or another process owns its slice
   */
  query(store: string, key: string): unknown;
}

const MAX_DELAY_MS = 5_000;
/** A slice that ran for longer starts again without the memory of earlier failures. */
const STEADY_MS = 60_000;

const ended = ({ signal }: OwnershipEpoch): boolean => signal.aborted;

/** Milliseconds before the attempt after the given one: exponential, the upper half of it random. */
const backoff = (attempt: number): number =>
  Math.min(MAX_DELAY_MS, 20 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2);

/** Starts a topology; its topics must exist. A slice that fails is started anew with back-off while it is owned. */
export function runTopology(run: TopologyRun): RunningTopology {
  const owned = new Map<number, Slice>();
  let partitionCount = 0;
  const options = { ...DEFAULT_SLICE_OPTIONS, ...run.options };

  const runOnce = async (slice: number, epoch: OwnershipEpoch): Promise<void> => {
    const instance = new Slice({
      topology: run.topology,
      slice,
      log: run.log,
      state: run.state.slice(run.topology.name, slice),
      options,
      observer: run.observer ?? {},
      now: run.now ?? Date.now,
    });
    owned.set(slice, instance);
    await instance.run(epoch);
  };

  const superviseSlice = async (slice: number, epoch: OwnershipEpoch): Promise<void> => {
    const { signal } = epoch;
    for (let attempt = 1; !signal.aborted; attempt++) {
      const startedAt = performance.now();
      try {
        await runOnce(slice, epoch);
      } catch (error) {
        if (ended(epoch)) break;
        if (performance.now() - startedAt > STEADY_MS) attempt = 1;
        const wait = backoff(attempt);
        run.observer?.failed?.(slice, error as Error, Math.round(wait));
        await delay(wait, undefined, { signal }).catch(() => undefined);
      }
    }
    owned.delete(slice);
  };

  const membership = async (): Promise<void> => {
    const { topology, log, signal } = run;
    let running: Promise<unknown> = Promise.resolve();
    try {
      partitionCount = (await log.admin.partitions(topology.inputs[0] ?? '')).length;
      for await (const epoch of log.join(topology.name, topology.inputs, signal)) {
        await running;
        running = Promise.all(epoch.slices.map((slice) => superviseSlice(slice, epoch)));
      }
    } finally {
      await running;
    }
  };

  return {
    topology: run.topology,
    done: membership(),
    slices: () => [...owned.keys()].sort((a, b) => a - b),
    query: (store, key) => owned.get(partitionForKey(key, partitionCount))?.query(store, key),
  };
}
