import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Committed, EventLog, LogWriter, NewRecord } from '@order-flow/event-log';
import { eventTopic, eventType } from '@order-flow/contracts';
import { z } from 'zod';
import { CommitCycle } from './commit-cycle.js';
import { changelogTopic } from './graph.js';
import { DEFAULT_SLICE_OPTIONS, type SliceContext } from './slice-context.js';
import { memoryState, type SliceState } from './state.js';
import { topology } from './topology.js';
import { SliceWork } from './work.js';

/** More writes to stores than may wait for local state. */
const MANY = 2_500;

const taps = eventTopic('tap.events', 'room', { Tapped: eventType(z.object({})) });
const counting = topology('counting', (t) => {
  const counts = t.store('counts', z.int());
  t.from(taps).process('count', { counts }, ({ key }, stores) => {
    stores.counts.put(key, (stores.counts.get(key) ?? 0) + 1);
    return [];
  });
});
const CHANGELOG = changelogTopic(counting.name, 'counts');
const output: NewRecord = { topic: 'out', key: 'k', value: null, headers: {}, timestamp: 0 };

/** A log that decides commits at once, if it is to, and has them on disk when it is said. */
class SlowLog implements LogWriter {
  decides = true;
  readonly reaches: (() => void)[] = [];
  readonly #ends = new Map<string, number>();

  commit({ records }: { readonly records: readonly NewRecord[] }, decided?: (committed: Committed) => void) {
    const offsets = records.map(({ topic, partition = 0 }) => {
      const offset = this.#ends.get(topic) ?? 0;
      this.#ends.set(topic, offset + 1);
      return { topic, partition, offset };
    });
    if (this.decides) decided?.({ offsets });
    return new Promise<Committed>((resolve) => {
      this.reaches.push(() => {
        resolve({ offsets });
      });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

let log: SlowLog;
let state: SliceState;
let work: SliceWork;
let cycle: CommitCycle;

beforeEach(() => {
  log = new SlowLog();
  state = memoryState().slice(counting.name, 0);
  const observer = {};
  work = new SliceWork(counting, state, { slice: 0, observer, careful: false, deadLettersInARow: 1, cacheEntries: 10 });
  const context: SliceContext = {
    topology: counting,
    slice: 0,
    log: undefined as unknown as EventLog,
    state,
    options: DEFAULT_SLICE_OPTIONS,
    observer,
    gate: { open: true, passed: () => Promise.resolve() },
    careful: false,
    resumed: () => false,
    now: () => 0,
  };
  const restored = { positions: new Map(), ends: new Map(), changelogs: {}, deadLetterEnd: 0, identity: 'log' };
  cycle = new CommitCycle(context, work, { ...restored, known: undefined }, () => undefined);
});

/** Writes a number of keys, as records would, and begins to commit them. @returns whether the commit began */
function commit(from: number, to: number): boolean {
  const counts = work.stores.get('counts');
  for (let key = from; key < to; key++) counts?.put(`key-${key}`, key);
  work.outputs.push(output);
  return cycle.begin(log, new Map([[taps.name, to]]), to - from, new Map(), false);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('commits of a slice', () => {
  it('begin one after the other while they are small, at most four', () => {
    expect([commit(0, MANY), commit(0, 1), commit(1, 2), commit(2, 3), commit(3, 4)]).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it('wait for the one under way when there is much in them', () => {
    expect([commit(0, 1), commit(1, 100)]).toEqual([true, false]);
  });

  it('wait for the one under way where the log does not decide at once', async () => {
    log.decides = false;
    expect([commit(0, 1), commit(1, 2)]).toEqual([true, false]);
    log.reaches[0]?.();
    await turn();
    expect(commit(2, 3)).toBe(true);
  });

  it('show their values to others when they are durable, and to the slice at once', async () => {
    const counts = work.stores.get('counts');
    commit(0, 1);
    commit(1, 2);
    log.reaches[0]?.();
    await turn();
    const committed = [0, 1].map((key) => counts?.committedValue(`key-${key}`));
    expect([committed, counts?.get('key-1')]).toEqual([[0, undefined], 1]);
  });

  it('reach local state with the changelog offset of what is in it, not of what is under way', async () => {
    commit(0, MANY);
    commit(MANY, MANY + 1);
    log.reaches[0]?.();
    await turn();
    expect(state.meta()?.offsets[CHANGELOG]).toBe(MANY);
    expect([...state.range('counts', {})]).toHaveLength(MANY);
    log.reaches[1]?.();
    await cycle.settle();
    expect(state.meta()?.offsets[CHANGELOG]).toBe(MANY + 1);
    expect([...state.range('counts', {})]).toHaveLength(MANY + 1);
  });
});
