import { type EventLog, LogError, partitionForKey } from '@order-flow/event-log';
import type { Topology } from './graph.js';
import type { TopologyObserver } from './observer.js';
import { PauseGate } from './pause.js';
import { type RedriveRequest, redriveRecord } from './redrive.js';
import type { SliceStatus } from './slice.js';
import { DEFAULT_SLICE_OPTIONS, type SliceOptions } from './slice-context.js';
import { SliceSupervisor } from './slice-supervisor.js';
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
  status(): { readonly paused: boolean; readonly slices: readonly SliceStatus[] };
  /** No slice of this process processes anything until `resume`; membership and what is committed stay. */
  pause(): void;
  /** Goes on, also where a slice stands still after too many dead letters. */
  resume(): void;
  /**
   * Reads what is committed in a store of a slice this process owns.
   * @returns undefined when there is no such key, or another process owns its slice
   */
  query(store: string, key: string): unknown;
  /** Up to `limit` committed entries of a store in one owned slice, in the order of keys, from a key on. */
  entries(store: string, slice: number, from: string, limit: number): readonly (readonly [string, unknown])[];
  /** Number of slices of the topology over all members; 0 before the group is joined. */
  readonly sliceCount: number;
}

/** Starts a topology; its topics must exist, those that it writes too, or `done` rejects with their names. A slice that fails is started anew with back-off while it is owned. */
export function runTopology(run: TopologyRun): RunningTopology {
  const { topology, log, signal } = run;
  const owned = new Map<number, SliceSupervisor>();
  const gate = new PauseGate();
  const options = { ...DEFAULT_SLICE_OPTIONS, ...run.options };
  const { observer = {}, now = Date.now } = run;
  let sliceCount = 0;

  const supervisor = (slice: number): SliceSupervisor => {
    const state = run.state.slice(topology.name, slice);
    return new SliceSupervisor({ topology, slice, log, state, options, observer, gate, now });
  };

  const handOver = (slices: readonly number[]): void => {
    const before = new Map(owned);
    owned.clear();
    for (const slice of slices) owned.set(slice, before.get(slice) ?? supervisor(slice));
    for (const slice of before.keys()) if (!owned.has(slice)) observer.released?.(slice);
  };

  const membership = async (): Promise<void> => {
    let running: Promise<unknown> = Promise.resolve();
    try {
      await requireTopics(log, topology);
      sliceCount = (await log.admin.partitions(topology.inputs[0] ?? '')).length;
      for await (const epoch of log.join(topology.name, topology.reads, signal)) {
        await running;
        handOver(epoch.slices);
        running = Promise.all([...owned.values()].map((slice) => slice.run(epoch)));
      }
    } finally {
      await running;
      handOver([]);
    }
  };

  return {
    topology,
    done: membership(),
    slices: () => [...owned.keys()].sort((a, b) => a - b),
    status: () => ({ paused: !gate.open, slices: [...owned.values()].map((slice) => slice.status()) }),
    pause: () => gate.pause(),
    resume() {
      gate.resume();
      for (const slice of owned.values()) slice.resume();
    },
    query: (store, key) => owned.get(partitionForKey(key, sliceCount))?.instance?.query(store, key),
    entries: (store, slice, from, limit) => owned.get(slice)?.instance?.entries(store, from, limit) ?? [],
    get sliceCount() {
      return sliceCount;
    },
  };
}

/** One that is missing would be noticed by its first record only, and then keep its slice from committing. */
async function requireTopics(log: EventLog, { name, nodes, reads, internalTopics }: Topology): Promise<void> {
  const there = new Set((await log.admin.topics()).map((topic) => topic.name));
  const written = nodes.flatMap((node) => (node.kind === 'sink' ? [node.topic] : []));
  const needed = new Set([...reads, ...written, ...internalTopics.map((topic) => topic.name)]);
  const missing = [...needed].filter((topic) => !there.has(topic));
  if (missing.length === 0) return;
  const message = `${name}: there is no topic ${missing.join(', ')}; make what is missing first: log.admin.ensureTopics`;
  throw new LogError('UNKNOWN_TOPIC', message);
}

/**
 * Asks the owners of slices to run their parked records again, or to let go of them.
 * @param slices partitions of the dead-letter queue
 */
export async function requestRedrive(
  log: EventLog,
  topology: Topology,
  slices: readonly number[],
  request: RedriveRequest,
  now: number = Date.now(),
): Promise<void> {
  const writer = await log.openWriter(`${topology.name}-redrive-requests`);
  try {
    await writer.commit({ records: slices.map((slice) => redriveRecord(topology.name, slice, request, now)) });
  } finally {
    await writer.close();
  }
}
