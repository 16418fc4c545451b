import type { Committed, LogWriter, NewRecord } from '@order-flow/event-log';
import { changelogTopic, SLICE_STORE } from './graph.js';
import type { Restored } from './restore.js';
import type { SliceContext } from './slice-context.js';
import { POSITIONS_KEY, type SlicePositions, shapeOf } from './slice-record.js';
import type { StateWrites } from './state.js';
import type { SliceWork, Uncommitted } from './work.js';

/** How long positions alone may wait for their commit. */
export const POSITIONS_WAIT_MS = 1_000;
/** A commit that takes longer, in milliseconds, means that commits are what is short: the slice rests for the excess. */
const BRISK_MS = 50;

/** Commits that may be under way at once, where the log lets one follow another before that is durable. */
const COMMITS_UNDER_WAY = 4;
/** Of more records than these a commit waits until none is under way: then more of them share it. */
const FEW_RECORDS = 4;

/**
 * How long what is committed waits for its write to local state, in milliseconds, and a look each second: later values of a
 * key replace earlier ones.
 */
const STATE_WAIT_MS = 1_000;
/** Writes to stores that wait for local state at most. */
const STATE_WRITES = 2_000;

interface Batch extends Uncommitted {
  readonly positions: ReadonlyMap<string, number>;
  readonly consumed: number;
}

/**
 * Makes a slice's work last: one log transaction of consumed offsets, changelogs, dead letters and outputs. While one is
 * under way work for the next goes on, which begins when that is durable, or at once where the log lets it. Local state, a cache of the changelogs, follows now and then with
 * all that was committed; what a crash takes with it is replayed.
 */
export class CommitCycle {
  readonly #context: SliceContext;
  readonly #work: SliceWork;
  readonly #identity: string;
  /** Ends of the changelogs as far as commits were decided. */
  readonly #changelogs: Record<string, number>;
  /** The same as far as what they hold is in local state, or waits for it. */
  readonly #durable: Record<string, number>;
  readonly #shape: string;
  readonly #failed: (error: unknown) => void;
  #positions: ReadonlyMap<string, number>;
  /** The first commit tells all of the group's offsets, which may be gone; the others tell those that moved. */
  #hasCommitted = false;
  #committedAt = 0;
  /** When what was done must be committed; a time of `performance.now()`. */
  #due = Infinity;
  /** Outputs are not committed before; a time of `performance.now()`. */
  #restsUntil = 0;
  /** Committed, and not yet in local state. */
  #unwritten = new Map<string, Map<string, Buffer | null>>();
  /** When it must be written; a time of `performance.now()`. */
  #stateDue = Infinity;
  #state: Promise<void> = Promise.resolve();
  #underWay: Promise<void> | undefined;
  #commitsUnderWay = 0;
  /** Whether the log lets the next commit begin before the last is durable. */
  #mayFollow = true;

  /** @param failed is told of a write to local state that failed, which no commit waits for */
  constructor(context: SliceContext, work: SliceWork, restored: Restored, failed: (error: unknown) => void) {
    this.#context = context;
    this.#work = work;
    this.#failed = failed;
    this.#identity = restored.identity;
    this.#changelogs = restored.changelogs;
    this.#durable = { ...restored.changelogs };
    this.#positions = new Map(restored.positions);
    this.#shape = shapeOf(context.topology);
  }

  /** The last commit under way, or the one that failed, for none may follow that. It also fails as the write to local state before it did. */
  get underWay(): Promise<void> | undefined {
    return this.#underWay;
  }

  /** Writes to local state what is committed. */
  async settle(): Promise<void> {
    await this.#underWay;
    await this.#state;
    this.#writeState();
    await this.#state;
  }

  /** Settles when nothing is under way, however it ended. */
  async atRest(): Promise<void> {
    await this.#underWay?.catch(() => undefined);
    await this.#state.catch(() => undefined);
  }

  /** What was committed last, by topic. */
  get positions(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  /** Milliseconds until what waits, for its commit or for local state, waits no longer; unknown while a commit is under way. */
  get untilDue(): number {
    return this.#underWay ? Infinity : Math.max(0, Math.min(this.#due, this.#stateDue) - performance.now());
  }

  /**
   * Begins to commit what was done up to the positions, unless a commit is under way or it can wait. What is done from
   * then on is for the next commit.
   * @param consumed records since the last commit began
   * @param due when punctuations come next, by name
   * @param hurry nothing that changed may wait
   * @returns whether it was begun
   * @throws StreamsError VALUE_TOO_LARGE, VALUE_MISFIT
   */
  begin(
    writer: LogWriter,
    at: ReadonlyMap<string, number>,
    consumed: number,
    due: ReadonlyMap<string, number>,
    hurry: boolean,
  ): boolean {
    if (this.#underWay && !this.#isLight(consumed)) return false;
    if (this.#canWait(at, hurry)) {
      if (!this.#underWay && performance.now() >= this.#stateDue) this.#writeState();
      return false;
    }
    this.#due = Infinity;
    const positions = new Map(at);
    const { writes, outputs, deadLetters } = this.#work.toCommit();
    writes.set(SLICE_STORE, new Map([[POSITIONS_KEY, Buffer.from(this.#positionsText(positions, due))]]));
    const batch = { writes, positions, outputs, deadLetters, consumed };
    this.#commitsUnderWay++;
    this.#mayFollow = false;
    const done = this.#commit(writer, batch, this.#underWay).then(() => {
      this.#commitsUnderWay--;
      if (this.#underWay === done) this.#underWay = undefined;
    });
    this.#underWay = done;
    return true;
  }

  /** Little to do, and a log that takes the next commit: then it shares the way to the disk with those before it. */
  #isLight(consumed: number): boolean {
    return this.#mayFollow && this.#commitsUnderWay < COMMITS_UNDER_WAY && consumed <= FEW_RECORDS;
  }

  async #commit(writer: LogWriter, batch: Batch, before: Promise<void> | undefined): Promise<void> {
    const { topology, slice, observer, now, options } = this.#context;
    const { writes, positions, outputs, deadLetters, consumed } = batch;
    const startedAt = performance.now();
    const changelog = this.#changelogRecords(writes, now());
    const records = [...changelog, ...deadLetters, ...outputs];
    const offsets = [...positions]
      .filter(([topic, offset]) => !this.#hasCommitted || this.#positions.get(topic) !== offset)
      .map(([topic, offset]) => ({ topic, partition: slice, offset }));
    const consumedOffsets = { group: topology.name, offsets };
    const learn = (written: Committed): void => this.#learn(written, changelog.length, deadLetters.length);
    const committed = await writer.commit({ records, consumed: consumedOffsets }, (decided) => {
      learn(decided);
      this.#mayFollow = true;
    });
    learn(committed);
    await before;
    await this.#state;
    this.#work.committed();
    this.#keep(writes);
    for (const { topic, offset } of committed.offsets.slice(0, changelog.length)) this.#durable[topic] = offset + 1;
    this.#positions = positions;
    this.#hasCommitted = true;
    this.#committedAt = performance.now();
    const milliseconds = this.#committedAt - startedAt;
    const rest = Math.min(Math.max(0, milliseconds - BRISK_MS), options.commitIntervalMs);
    this.#restsUntil = this.#committedAt + rest;
    this.#stateDue = Math.min(this.#stateDue, this.#committedAt + STATE_WAIT_MS);
    if (this.#committedAt >= this.#stateDue || this.#unwrittenCount() >= STATE_WRITES) this.#writeState();
    observer.committed?.({ slice, consumed, produced: outputs.length, milliseconds });
  }

  /**
   * Whether a commit can wait. Outputs do only after a slow commit: then more work is to share the next one. Nobody waits
   * for writes to stores alone: they go with the next outputs, or at the commit interval. Records that left no trace only
   * move positions: reading them again changes nothing, so their positions are committed with what comes next, or after
   * a second.
   */
  #canWait(positions: ReadonlyMap<string, number>, hurry: boolean): boolean {
    const now = performance.now();
    if (this.#work.hasOutputs) {
      this.#due = Math.min(this.#due, this.#restsUntil);
    } else if (this.#work.storesChanged) {
      this.#due = Math.min(this.#due, now + this.#context.options.commitIntervalMs);
    } else {
      const moved = [...positions].some(([topic, offset]) => this.#positions.get(topic) !== offset);
      return !moved || (!hurry && now - this.#committedAt < POSITIONS_WAIT_MS);
    }
    return !hurry && now < this.#due;
  }

  /** Remembers what local state has to be told. */
  #keep(writes: StateWrites): void {
    for (const [store, entries] of writes) {
      if (entries.size === 0) continue;
      const unwritten = this.#unwritten.get(store);
      if (!unwritten) this.#unwritten.set(store, new Map(entries));
      else for (const [key, value] of entries) unwritten.set(key, value);
    }
  }

  #unwrittenCount(): number {
    let count = 0;
    for (const entries of this.#unwritten.values()) count += entries.size;
    return count;
  }

  #writeState(): void {
    this.#stateDue = Infinity;
    if (this.#unwritten.size === 0) return;
    const { state, now } = this.#context;
    const meta = { identity: this.#identity, offsets: { ...this.#durable }, lastOwnedAt: now() };
    this.#state = state.commit(this.#unwritten, meta).then(() => this.#work.written());
    this.#state.catch(this.#failed);
    this.#unwritten = new Map();
  }

  #positionsText(positions: ReadonlyMap<string, number>, due: ReadonlyMap<string, number>): string {
    const text: SlicePositions = {
      offsets: Object.fromEntries(positions),
      shape: this.#shape,
      changelogs: this.#changelogs,
      deadLettersInARow: this.#work.deadLettersInARow,
      streamTimes: Object.fromEntries(this.#work.streamTimes),
      due: Object.fromEntries(due),
    };
    return JSON.stringify(text);
  }

  #changelogRecords(writes: StateWrites, timestamp: number): NewRecord[] {
    const { topology, slice } = this.#context;
    const headers = { cause: this.#work.lastOrigin };
    const records: NewRecord[] = [];
    for (const [store, entries] of writes) {
      const topic = changelogTopic(topology.name, store);
      for (const [key, value] of entries) records.push({ topic, partition: slice, key, value, headers, timestamp });
    }
    return records;
  }

  /** Takes the ends of changelogs and of the dead-letter queue from where their records stand, which come first. Ends only grow. */
  #learn({ offsets }: Committed, changelog: number, letters: number): void {
    for (const { topic, offset } of offsets.slice(0, changelog)) {
      this.#changelogs[topic] = Math.max(this.#changelogs[topic] ?? 0, offset + 1);
    }
    for (const { offset } of offsets.slice(changelog, changelog + letters)) {
      this.#work.deadLetterEnd = Math.max(this.#work.deadLetterEnd, offset + 1);
    }
  }
}
