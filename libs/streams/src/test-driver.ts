import {
  type CloudEvent,
  type DomainEventOf,
  encodeEvent,
  type EventOf,
  type EventTopic,
  parseEvent,
} from '@order-flow/contracts';
import { type LogRecord, type NewRecord, originalOf } from '@order-flow/event-log';
import { deadLetterTopic, type Topology } from './graph.js';
import { Redrive, type RedriveRequest, requested } from './redrive.js';
import { memoryState } from './state.js';
import { SliceWork } from './work.js';

export interface DriverOptions {
  /** Milliseconds since the epoch at the start of virtual time. */
  readonly startAt?: number;
  /** Builds the graph anew and reads the stores back from their bytes after every record. Outputs must be the same. */
  readonly restartAfterEveryRecord?: boolean;
}

/**
 * Runs a topology in memory, in virtual time, without a broker: one partition, every record processed and committed
 * before `pipe` returns, repartition topics fed back in order.
 */
export class TestDriver {
  readonly topology: Topology;
  readonly #options: DriverOptions;
  readonly #state = memoryState().slice('test', 0);
  readonly #outputs = new Map<string, LogRecord[]>();
  readonly #due = new Map<string, number>();
  readonly #pending: LogRecord[] = [];
  #work: SliceWork;
  #now: number;
  #sequence = 0;

  constructor(topology: Topology, options: DriverOptions = {}) {
    this.topology = topology;
    this.#options = options;
    this.#now = options.startAt ?? Date.UTC(2026, 0, 1);
    this.#work = this.#start();
    for (const { name, intervalMs } of this.#work.punctuations) this.#due.set(name, this.#now + intervalMs);
  }

  get now(): number {
    return this.#now;
  }

  /** Pipes an event in, keyed by `subject`. Id and correlation id are made from a counter. */
  pipe<Topic extends EventTopic>(topic: Topic, subject: string, event: DomainEventOf<Topic>): void {
    this.pipeAt(this.#now, topic, subject, event);
  }

  /** The same with another timestamp than the clock's: for what comes out of order. */
  pipeAt<Topic extends EventTopic>(
    timestamp: number,
    topic: Topic,
    subject: string,
    event: DomainEventOf<Topic>,
  ): void {
    const id = `00000000-0000-4000-8000-${String(++this.#sequence).padStart(12, '0')}`;
    const full: CloudEvent = {
      specversion: '1.0',
      id,
      source: '/test',
      type: event.type,
      subject,
      time: new Date(timestamp).toISOString(),
      datacontenttype: 'application/json',
      schemaversion: topic.types[event.type]?.version ?? 1,
      correlationid: id,
      causationid: id,
      data: event.data,
    };
    this.#append({ topic: topic.name, key: subject, value: encodeEvent(full), timestamp });
    this.#drain();
  }

  /** Pipes any bytes in: for records that are not what they should be. */
  pipeRaw(topic: string, key: string | null, value: Buffer | null): void {
    this.#append({ topic, key, value, timestamp: this.#now });
    this.#drain();
  }

  /** Advances the clock; punctuations run at the instants they are due. */
  advance(milliseconds: number): void {
    const until = this.#now + milliseconds;
    for (;;) {
      const next = [...this.#due].sort(([, a], [, b]) => a - b)[0];
      if (!next || next[1] > until) break;
      const [name, at] = next;
      this.#now = Math.max(this.#now, at);
      this.#due.set(name, at + (this.#work.punctuations.find((node) => node.name === name)?.intervalMs ?? Infinity));
      this.#work.punctuate(name, this.#now);
      this.#commit();
      this.#drain();
    }
    this.#now = until;
  }

  /** Events written to a topic since the start, in order. */
  events<Topic extends EventTopic>(topic: Topic): EventOf<Topic>[] {
    return this.records(topic.name).map(({ value }) => parseEvent(topic, JSON.parse((value ?? '').toString())));
  }

  /** The same without envelopes: `{type, data}`. */
  outputs<Topic extends EventTopic>(topic: Topic): DomainEventOf<Topic>[] {
    return this.events(topic).map(({ type, data }: CloudEvent) => ({ type, data }) as never);
  }

  records(topic: string): readonly LogRecord[] {
    return this.#outputs.get(topic) ?? [];
  }

  deadLetters(): readonly LogRecord[] {
    return this.records(deadLetterTopic(this.topology.name));
  }

  /** Runs parked records again, or lets go of them: those of one key of an input topic, or all. */
  redrive(request: RedriveRequest = { action: 'redrive' }): void {
    for (const name of requested(this.#work, request)) {
      const redrive = new Redrive(this.#work, name, request.action);
      for (const letter of this.deadLetters().slice(redrive.from)) {
        redrive.take(letter, redrive.needsOriginal(letter) ? this.#original(letter) : undefined);
      }
    }
    this.#commit();
    this.#drain();
  }

  /** Records that wait in the dead-letter queue. */
  parked(): number {
    return this.#work.parked.records;
  }

  /** Everything in a store. */
  store(name: string): Record<string, unknown> {
    return Object.fromEntries(this.#work.stores.get(name)?.range({}) ?? []);
  }

  #original(letter: LogRecord): LogRecord | undefined {
    const { topic, offset } = originalOf(letter);
    return this.records(topic)[offset];
  }

  #start(): SliceWork {
    const settings = { slice: 0, deadLettersInARow: Infinity, cacheEntries: 100, careful: true, observer: {} };
    const work = new SliceWork(this.topology, this.#state, settings);
    work.parked.load();
    return work;
  }

  #append(record: NewRecord): void {
    const records = this.#outputs.get(record.topic) ?? [];
    this.#outputs.set(record.topic, records);
    const stored: LogRecord = { ...record, partition: 0, offset: records.length, headers: record.headers ?? {} };
    records.push(stored);
    if (this.topology.inputs.includes(record.topic)) this.#pending.push(stored);
  }

  #drain(): void {
    for (let record = this.#pending.shift(); record; record = this.#pending.shift()) {
      this.#work.process(record);
      this.#commit();
    }
  }

  #commit(): void {
    const { writes, deadLetters, outputs } = this.#work.toCommit();
    this.#work.committed();
    void this.#state.commit(writes, { identity: 'test', offsets: {}, lastOwnedAt: this.#now });
    this.#work.written();
    for (const record of [...deadLetters, ...outputs]) this.#append(record);
    this.#work.deadLetterEnd = this.deadLetters().length;
    if (this.#options.restartAfterEveryRecord) this.#restart();
  }

  #restart(): void {
    const before = this.#work;
    this.#work = this.#start();
    this.#work.deadLetterEnd = before.deadLetterEnd;
    for (const [part, time] of before.streamTimes) this.#work.streamTimes.set(part, time);
  }
}

export const testDriver = (topology: Topology, options?: DriverOptions): TestDriver =>
  new TestDriver(topology, options);
