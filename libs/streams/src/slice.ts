import { type LogRecord, type LogWriter, originalOf, type OwnershipEpoch, readOriginal } from '@order-flow/event-log';
import { CommitCycle, POSITIONS_WAIT_MS } from './commit-cycle.js';
import { StreamsError } from './errors.js';
import { deadLetterTopic, redriveTopic } from './graph.js';
import { InputBuffer } from './input-buffer.js';
import { Punctuator } from './punctuator.js';
import { parseRedrive, Redrive, requested } from './redrive.js';
import { type Restored, restore } from './restore.js';
import type { SliceContext } from './slice-context.js';
import { Trimmer } from './trimmer.js';
import { SliceWork } from './work.js';

/**
 * How long processing keeps the event loop to itself, in milliseconds. Short, for every slice of the thread has such a
 * turn in each round of the event loop, and a commit, which is several answers one after the other, waits for all of them
 * each time. But each has its own: of one for all, little is left where other work makes rounds long.
 */
const TURN_MS = 0.5;

/** What a slice says of itself. */
export interface SliceStatus {
  readonly slice: number;
  readonly state: 'restoring' | 'running' | 'stopped';
  /** Records of its inputs that are not consumed, as far as it has seen. */
  readonly lag: number;
  /** Records in its dead-letter queue. */
  readonly parked: number;
}

/** What a slice works with once it is restored. */
interface Running {
  readonly epoch: OwnershipEpoch;
  readonly writer: LogWriter;
  readonly cycle: CommitCycle;
  readonly clock: Punctuator;
  readonly trimmer: Trimmer;
  /** Ends of the inputs when the slice started, by topic. */
  readonly ends: ReadonlyMap<string, number>;
}

/**
 * Partition p of all topics of one topology: fences older instances, restores, then repeats the commit cycle (process
 * what was read → one log transaction of offsets, outputs, changelogs and dead letters → local state), processing more
 * while a transaction is under way. Any error ends the instance; its owner starts another one.
 */
export class Slice {
  readonly #context: SliceContext;
  readonly #work: SliceWork;
  readonly #buffer: InputBuffer;
  readonly #redrives: string;
  #state: SliceStatus['state'] = 'restoring';
  /** What failed aside, and ends the slice. */
  readonly #failures: { readonly error: unknown }[] = [];
  #consumed = 0;
  #hasCommitted = false;
  #hasCaughtUp = false;

  constructor(context: SliceContext) {
    const { topology, state, options, slice, observer, careful } = context;
    this.#context = context;
    this.#redrives = redriveTopic(topology.name);
    const { deadLettersInARow, cacheEntries } = options;
    this.#work = new SliceWork(topology, state, { slice, observer, careful, deadLettersInARow, cacheEntries });
    this.#buffer = new InputBuffer(options.bufferRecords);
  }

  /** Runs until the epoch ends (resolves) or something fails (rejects; the outcome of the last commit is unknown). */
  async run(epoch: OwnershipEpoch): Promise<void> {
    const { topology, slice, log, observer } = this.#context;
    const writer = await log.openWriter(`${topology.name}-${slice}`);
    let cycle: CommitCycle | undefined;
    try {
      const progress = (records: number) => observer.restoring?.(slice, records);
      const restored = await restore({ ...this.#context, signal: epoch.signal, progress });
      if (!restored) return;
      cycle = this.#begin(restored);
      const clock = new Punctuator(this.#work, restored.known?.due ?? {}, this.#context.now);
      const trimmer = new Trimmer(this.#context);
      observer.running?.(slice);
      await this.#readAndProcess({ epoch, writer, cycle, clock, trimmer, ends: restored.ends });
      await cycle.settle();
    } finally {
      // The next instance must find the local state at rest.
      await cycle?.atRest();
      await writer.close();
      if (cycle) observer.stopped?.(slice);
      this.#state = 'stopped';
    }
  }

  /** @returns the committed value; undefined when there is none, or the slice is not restored yet */
  query(store: string, key: string): unknown {
    return this.#state === 'restoring' ? undefined : this.#work.stores.get(store)?.committedValue(key);
  }

  /** Committed entries in the order of keys; none before the slice is restored. */
  entries(store: string, from: string, limit: number): readonly (readonly [key: string, value: unknown])[] {
    return this.#state === 'restoring' ? [] : (this.#work.stores.get(store)?.committedEntries(from, limit) ?? []);
  }

  get hasCommitted(): boolean {
    return this.#hasCommitted;
  }

  status(): SliceStatus {
    const behind = [...this.#buffer.ends].map(([topic, end]) => end - (this.#buffer.positions.get(topic) ?? 0));
    const lag = behind.reduce((sum, records) => sum + Math.max(0, records), 0);
    return { slice: this.#context.slice, state: this.#state, lag, parked: this.#work.parked.records };
  }

  #begin(restored: Restored): CommitCycle {
    const { known, positions, ends, deadLetterEnd } = restored;
    this.#work.deadLettersInARow = (this.#context.resumed() ? undefined : known?.deadLettersInARow) ?? 0;
    this.#work.deadLetterEnd = deadLetterEnd;
    for (const [part, time] of Object.entries(known?.streamTimes ?? {})) this.#work.streamTimes.set(part, time);
    for (const [topic, offset] of positions) this.#buffer.positions.set(topic, offset);
    for (const [topic, end] of ends) this.#buffer.ends.set(topic, end);
    this.#work.parked.load();
    this.#state = 'running';
    return new CommitCycle(this.#context, this.#work, restored, (error) => this.#end(error));
  }

  async #readAndProcess(running: Running): Promise<void> {
    const { epoch } = running;
    const ended = new AbortController();
    const stop = AbortSignal.any([epoch.signal, ended.signal]);
    stop.addEventListener('abort', () => this.#buffer.release(), { once: true });
    const reading = this.#read(epoch, running.writer, stop).catch((error: unknown) => this.#end(error));
    try {
      while (!stop.aborted) {
        await this.#buffer.available(this.#untilDue(running));
        if (!this.#context.gate.open) {
          await this.#commitAll(running);
          await this.#context.gate.passed(stop);
        }
        for (const { error } of this.#failures) throw error;
        if (epoch.signal.aborted) return;
        await this.#turn(running);
      }
    } finally {
      ended.abort();
      await reading;
    }
  }

  async #read(epoch: OwnershipEpoch, writer: LogWriter, stop: AbortSignal): Promise<void> {
    const { slice } = this.#context;
    const from = [...this.#buffer.positions].map(([topic, offset]) => ({ topic, partition: slice, offset }));
    for await (const batch of epoch.read(from, stop, this.#buffer, writer)) {
      if (stop.aborted) return;
      await this.#buffer.push(batch, stop);
    }
    if (!stop.aborted) throw new Error('reading ended before its time');
  }

  async #turn(running: Running): Promise<void> {
    let request: LogRecord | undefined;
    try {
      request = await this.#processBuffered();
    } catch (error) {
      // What was parked is committed, so that whoever lets the slice go on comes past it.
      if (error instanceof StreamsError && error.code === 'TOO_MANY_DEAD_LETTERS') await this.#commitAll(running);
      throw error;
    }
    if (this.#caughtUp(running)) running.clock.run();
    if (request) await this.#redrive(request, running);
    else if (this.#isFull) await this.#commitMore(running);
    else this.#commit(running);
  }

  /** @returns a request to redrive, which comes next and waits for what was processed to be committed */
  async #processBuffered(): Promise<LogRecord | undefined> {
    const { commitIntervalMs, commitRecords } = this.#context.options;
    const startedAt = performance.now();
    let turnedAt = startedAt;
    while (this.#consumed < commitRecords) {
      const record = this.#buffer.peek() ?? (await this.#awaited(startedAt + commitIntervalMs));
      if (!record || record.topic === this.#redrives) return record;
      this.#work.process(record);
      this.#buffer.take(record);
      this.#consumed++;
      const now = performance.now();
      if (now - startedAt >= commitIntervalMs) return undefined;
      if (now - turnedAt < TURN_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      turnedAt = performance.now();
    }
    return undefined;
  }

  /** The next record when those that are there wait for others. */
  async #awaited(until: number): Promise<LogRecord | undefined> {
    for (let now = performance.now(); this.#buffer.size > 0 && now < until; now = performance.now()) {
      await this.#buffer.available(until - now);
      const record = this.#buffer.peek();
      if (record) return record;
    }
    return undefined;
  }

  /** Ends the slice for what failed aside, also while it waits for records. */
  #end(error: unknown): void {
    this.#failures.push({ error });
    this.#buffer.wake();
  }

  /** What is in no commit yet fills one: nothing more is done before it begins. */
  get #isFull(): boolean {
    const { outputs, deadLetters } = this.#work;
    return Math.max(this.#consumed, outputs.length + deadLetters.length) >= this.#context.options.commitRecords;
  }

  /** Begins a commit unless one is under way. @param hurry nothing that changed may wait */
  #commit(running: Running, hurry = false): void {
    const { writer, cycle, clock } = running;
    if (!cycle.begin(writer, this.#buffer.positions, this.#consumed, clock.due, hurry || this.#isFull)) return;
    this.#consumed = 0;
    const ended = cycle.underWay?.then(() => this.#committed(running));
    ended?.catch((error: unknown) => this.#end(error));
  }

  #committed(running: Running): void {
    const { cycle, trimmer } = running;
    this.#hasCommitted = true;
    trimmer.trim(cycle.positions, this.#work.parked);
    if (this.#consumed > 0 || this.#work.hasOutputs || this.#work.storesChanged) this.#buffer.wake();
  }

  /** Begins a commit as soon as none is under way. */
  async #commitMore(running: Running): Promise<void> {
    await running.cycle.underWay;
    this.#commit(running);
  }

  /** Commits all that was done. */
  async #commitAll(running: Running): Promise<void> {
    await running.cycle.underWay;
    this.#commit(running, true);
    await running.cycle.underWay;
  }

  /** Runs parked records again; the request is consumed with the last of them. */
  async #redrive(record: LogRecord, running: Running): Promise<void> {
    await this.#commitAll(running);
    try {
      const request = parseRedrive(record);
      for (const name of requested(this.#work, request)) {
        await this.#redriveKey(new Redrive(this.#work, name, request.action), running);
        if (running.epoch.signal.aborted) return;
      }
    } catch (error) {
      if (!(error instanceof StreamsError) || error.code !== 'BAD_REQUEST') throw error;
      this.#work.park(record, error);
    }
    this.#buffer.take(record);
    this.#consumed++;
    await this.#commitAll(running);
    await running.trimmer.trimLetters(this.#work.parked.since ?? this.#work.deadLetterEnd);
  }

  async #redriveKey(redrive: Redrive, running: Running): Promise<void> {
    const enough = new AbortController();
    const signal = AbortSignal.any([running.epoch.signal, enough.signal]);
    // A commit that is answered becomes visible a little later: the reader waits for all of the letters.
    for await (const letter of this.#letters(redrive, signal)) {
      const { log } = this.#context;
      const original = redrive.needsOriginal(letter) ? await readOriginal(log, originalOf(letter), signal) : undefined;
      if (signal.aborted) return;
      redrive.take(letter, original);
      if (this.#isFull) await this.#commitAll(running);
      if (redrive.done) enough.abort();
    }
  }

  /** The dead letters from where the redrive begins to where it ends. */
  async *#letters({ from, until }: Redrive, signal: AbortSignal): AsyncGenerator<LogRecord, void, undefined> {
    const { topology, slice, log } = this.#context;
    const start = { topic: deadLetterTopic(topology.name), partition: slice, offset: from };
    if (from >= until) return;
    for await (const batch of log.read([start], { follow: true, signal })) {
      yield* batch.records;
      if (batch.nextOffset >= until) return;
    }
  }

  #caughtUp({ ends }: Running): boolean {
    return (this.#hasCaughtUp ||= [...ends].every(([topic, end]) => (this.#buffer.positions.get(topic) ?? 0) >= end));
  }

  /** Milliseconds until there is something to do though nothing is read. */
  #untilDue(running: Running): number {
    const { clock, cycle } = running;
    return Math.min(POSITIONS_WAIT_MS, cycle.untilDue, clock.untilNext(this.#caughtUp(running)));
  }
}
