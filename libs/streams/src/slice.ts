import type { EventLog, LogRecord, LogWriter, NewRecord, OwnershipEpoch } from '@order-flow/event-log';
import { deadLetter } from './dead-letter.js';
import { StreamsError } from './errors.js';
import { changelogTopic, PARKED_STORE, SLICE_STORE, type SourceNode, type Topology } from './graph.js';
import { InputBuffer } from './input-buffer.js';
import { TopologyInstance } from './instance.js';
import type { TopologyObserver } from './observer.js';
import { ParkedKeys } from './parked-keys.js';
import { restore } from './restore.js';
import { POSITIONS_KEY, type SlicePositions, shapeOf } from './slice-record.js';
import type { SliceState } from './state.js';
import { SliceStore } from './store.js';

export interface SliceOptions {
  /** Milliseconds; a commit comes at the latest after this much processing. */
  readonly commitIntervalMs: number;
  /** Records; a commit comes at the latest after this many. */
  readonly commitRecords: number;
  /** Records read ahead. */
  readonly bufferRecords: number;
  /** Dead letters without a good record in between before the topology pauses. */
  readonly deadLettersInARow: number;
}

/** How long positions alone may wait for their commit. */
const POSITIONS_WAIT_MS = 1_000;

export const DEFAULT_SLICE_OPTIONS: SliceOptions = {
  commitIntervalMs: 100,
  commitRecords: 500,
  bufferRecords: 2_000,
  deadLettersInARow: 100,
};

export interface SliceContext {
  readonly topology: Topology;
  readonly slice: number;
  readonly log: EventLog;
  readonly state: SliceState;
  readonly options: SliceOptions;
  readonly observer: TopologyObserver;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Partition p of all topics of one topology: fences older instances, restores, then repeats the commit cycle (process
 * what was read → one log transaction of offsets, outputs, changelogs and dead letters → local state). Any error ends
 * the instance; its owner starts another one.
 */
export class Slice {
  readonly stores: ReadonlyMap<string, SliceStore<unknown>>;
  readonly #context: SliceContext;
  readonly #instance: TopologyInstance;
  readonly #parked: ParkedKeys;
  readonly #buffer: InputBuffer;
  readonly #sources: ReadonlyMap<string, SourceNode>;
  readonly #nextPunctuation = new Map<string, number>();
  readonly #deadLetters: NewRecord[] = [];
  #ends: ReadonlyMap<string, number> = new Map();
  #changelogs: Record<string, number> = {};
  #identity = '';
  #committedPositions: ReadonlyMap<string, number> = new Map();
  #restored = false;
  #committedAt = 0;
  #consumed = 0;
  #deadInARow = 0;
  #lastOrigin = '';
  #stateCommit: Promise<void> = Promise.resolve();

  constructor(context: SliceContext) {
    const { topology, state, options } = context;
    this.#context = context;
    this.stores = new Map(topology.stores.map((definition) => [definition.name, new SliceStore(definition, state)]));
    this.#instance = new TopologyInstance(topology, this.stores);
    this.#parked = new ParkedKeys(state);
    this.#buffer = new InputBuffer(options.bufferRecords);
    const sources = topology.nodes.filter((node): node is SourceNode => node.kind === 'source');
    this.#sources = new Map(sources.map((node) => [node.topic, node]));
  }

  /** Runs until the epoch ends (resolves) or something fails (rejects; the outcome of the last commit is unknown). */
  async run(epoch: OwnershipEpoch): Promise<void> {
    const { topology, slice, log, observer } = this.#context;
    const writer = await log.openWriter(`${topology.name}-${slice}`);
    let running = false;
    try {
      if (!(await this.#restore(epoch.signal))) return;
      observer.running?.(slice);
      running = true;
      await this.#readAndProcess(epoch, writer);
      await this.#stateCommit;
    } finally {
      // The next instance must find the local state at rest.
      await this.#stateCommit.catch(() => undefined);
      await writer.close();
      if (running) observer.stopped?.(slice);
    }
  }

  /** @returns the committed value; undefined when there is none, or the slice is not restored yet */
  query(store: string, key: string): unknown {
    return this.#restored ? this.stores.get(store)?.committedValue(key) : undefined;
  }

  /** @returns false when the signal was aborted meanwhile */
  async #restore(signal: AbortSignal): Promise<boolean> {
    const { slice, observer, log } = this.#context;
    const progress = (records: number) => observer.restoring?.(slice, records);
    const restored = await restore({ ...this.#context, signal, progress });
    if (!restored) return false;
    this.#identity = await log.identity();
    this.#deadInARow = restored.deadLettersInARow;
    this.#changelogs = restored.changelogs;
    this.#ends = restored.ends;
    for (const [topic, offset] of restored.positions) this.#buffer.positions.set(topic, offset);
    this.#committedPositions = new Map(restored.positions);
    this.#parked.load();
    this.#restored = true;
    return true;
  }

  async #readAndProcess(epoch: OwnershipEpoch, writer: LogWriter): Promise<void> {
    const ended = new AbortController();
    const stop = AbortSignal.any([epoch.signal, ended.signal]);
    const failed: { error?: unknown }[] = [];
    stop.addEventListener('abort', () => this.#buffer.release(), { once: true });
    const reading = this.#read(epoch, stop).catch((error: unknown) => {
      failed.push({ error });
      this.#buffer.wake();
    });
    try {
      while (!stop.aborted) {
        await this.#buffer.available(this.#untilPunctuation());
        for (const { error } of failed) throw error;
        if (epoch.signal.aborted) return;
        this.#processBuffered();
        this.#punctuate();
        await this.#commit(writer);
      }
    } finally {
      ended.abort();
      await reading;
    }
  }

  async #read(epoch: OwnershipEpoch, stop: AbortSignal): Promise<void> {
    const { slice } = this.#context;
    const from = [...this.#buffer.positions].map(([topic, offset]) => ({ topic, partition: slice, offset }));
    for await (const batch of epoch.read(from, stop)) {
      if (stop.aborted) return;
      await this.#buffer.push(batch, stop);
    }
    if (!stop.aborted) throw new Error('reading ended before its time');
  }

  #processBuffered(): void {
    const { commitIntervalMs, commitRecords } = this.#context.options;
    const startedAt = performance.now();
    while (this.#consumed < commitRecords && performance.now() - startedAt < commitIntervalMs) {
      const record = this.#buffer.next();
      if (!record) return;
      this.#processOne(record);
      this.#consumed++;
    }
  }

  #processOne(record: LogRecord): void {
    this.#lastOrigin = `${record.topic}-${record.partition}-${record.offset}`;
    const sequenced = this.#sources.get(record.topic)?.sequenced ?? false;
    if (sequenced && this.#parked.has(record.topic, record.key)) {
      this.#park(record, new StreamsError('KEY_PARKED', 'an earlier record of this key is parked'), sequenced);
      return;
    }
    const outputs = this.#instance.outputs.length;
    try {
      this.#instance.process(record);
      this.#deadInARow = 0;
      for (const store of this.stores.values()) store.savepoint();
    } catch (error) {
      if (error instanceof StreamsError && error.code === 'STATE_UNREADABLE') throw error;
      this.#instance.outputs.length = outputs;
      for (const store of this.stores.values()) store.rollback();
      this.#park(record, error as Error, sequenced);
      this.#countDeadLetter(error as Error);
    }
  }

  #park(record: LogRecord, error: Error, sequenced: boolean): void {
    const { topology, slice, observer } = this.#context;
    this.#deadLetters.push(deadLetter(topology.name, record, error));
    if (sequenced) this.#parked.add(record.topic, record.key);
    observer.deadLetter?.(slice, this.#lastOrigin, error);
  }

  #countDeadLetter(error: Error): void {
    const { topology, slice, options } = this.#context;
    if (++this.#deadInARow <= options.deadLettersInARow) return;
    const message = `${topology.name} slice ${slice} pauses: ${options.deadLettersInARow} records in a row failed, the last at ${this.#lastOrigin}: ${error.message}`;
    throw new StreamsError('TOO_MANY_DEAD_LETTERS', message, { cause: error });
  }

  get #caughtUp(): boolean {
    return [...this.#ends].every(([topic, end]) => (this.#buffer.positions.get(topic) ?? 0) >= end);
  }

  #untilPunctuation(): number {
    const { now } = this.#context;
    const due = this.#instance.punctuations.map(({ name }) => (this.#nextPunctuation.get(name) ?? 0) - now());
    return Math.min(POSITIONS_WAIT_MS, ...due.map((ms) => Math.max(ms, this.#caughtUp ? 0 : 50)));
  }

  #punctuate(): void {
    if (!this.#caughtUp) return;
    const now = this.#context.now();
    for (const { name, intervalMs } of this.#instance.punctuations) {
      if ((this.#nextPunctuation.get(name) ?? 0) > now) continue;
      this.#nextPunctuation.set(name, now + intervalMs);
      this.#lastOrigin = `clock:${now}`;
      this.#instance.punctuate(name, now);
      for (const store of this.stores.values()) store.savepoint();
    }
  }

  #positionsText(): string {
    const positions: SlicePositions = {
      offsets: Object.fromEntries(this.#buffer.positions),
      shape: shapeOf(this.#context.topology),
      changelogs: this.#changelogs,
      deadLettersInARow: this.#deadInARow,
    };
    return JSON.stringify(positions);
  }

  get #moved(): boolean {
    return [...this.#buffer.positions].some(([topic, offset]) => this.#committedPositions.get(topic) !== offset);
  }

  /**
   * Whether a commit can wait. Records that left no trace only move positions: reading them again changes nothing, so
   * their positions are committed with the next outputs, or after a second.
   */
  #canWait(writes: ReadonlyMap<string, ReadonlyMap<string, unknown>>): boolean {
    const traces = this.#instance.outputs.length + this.#deadLetters.length;
    if (traces > 0 || [...writes.values()].some((entries) => entries.size > 0)) return false;
    if (!this.#moved) return true;
    const waited = performance.now() - this.#committedAt;
    return this.#consumed < this.#context.options.commitRecords && waited < POSITIONS_WAIT_MS;
  }

  async #commit(writer: LogWriter): Promise<void> {
    const { topology, slice, observer, now } = this.#context;
    const writes = new Map([...this.stores].map(([name, store]) => [name, store.uncommitted()] as const));
    const { outputs } = this.#instance;
    if (this.#canWait(writes)) return;
    const startedAt = performance.now();
    const positions = new Map(this.#buffer.positions);
    writes.set(SLICE_STORE, new Map([[POSITIONS_KEY, Buffer.from(this.#positionsText())]]));
    writes.set(PARKED_STORE, this.#parked.uncommitted());
    const changelog = this.#changelogRecords(writes, now());
    const records = [...changelog, ...this.#deadLetters, ...outputs];
    const offsets = [...positions].map(([topic, offset]) => ({ topic, partition: slice, offset }));
    const committed = await writer.commit({ records, consumed: { group: topology.name, offsets } });
    committed.offsets.slice(0, changelog.length).forEach(({ topic, offset }) => (this.#changelogs[topic] = offset + 1));
    await this.#stateCommit;
    for (const store of this.stores.values()) store.committed();
    const meta = { identity: this.#identity, offsets: { ...this.#changelogs }, lastOwnedAt: now() };
    this.#stateCommit = this.#context.state.commit(writes, meta);
    this.#stateCommit.catch(() => undefined);
    this.#committedPositions = positions;
    this.#committedAt = performance.now();
    observer.committed?.({
      slice,
      consumed: this.#consumed,
      produced: outputs.length,
      milliseconds: performance.now() - startedAt,
    });
    outputs.length = 0;
    this.#deadLetters.length = 0;
    this.#consumed = 0;
  }

  #changelogRecords(writes: ReadonlyMap<string, ReadonlyMap<string, Buffer | null>>, timestamp: number): NewRecord[] {
    const { topology, slice } = this.#context;
    const headers = { cause: this.#lastOrigin };
    const records: NewRecord[] = [];
    for (const [store, entries] of writes) {
      const topic = changelogTopic(topology.name, store);
      for (const [key, value] of entries) records.push({ topic, partition: slice, key, value, headers, timestamp });
    }
    return records;
  }
}
