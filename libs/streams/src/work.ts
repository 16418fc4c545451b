import type { LogRecord, NewRecord } from '@order-flow/event-log';
import { deadLetter, isIncomplete, type Remains } from './dead-letter.js';
import { StreamsError, TransientError } from './errors.js';
import { PARKED_STORE, type PunctuateNode, type SourceNode, type Topology } from './graph.js';
import { TopologyInstance } from './instance.js';
import type { TopologyObserver } from './observer.js';
import { ParkedKeys, parkedName } from './parked-keys.js';
import { originOf } from './record.js';
import type { SliceState } from './state.js';
import { SliceStore } from './store.js';

export interface WorkSettings {
  readonly slice: number;
  /** Dead letters without a good record in between before the topology pauses. */
  readonly deadLettersInARow: number;
  readonly cacheEntries: number;
  /** Looks at every value a record writes, to find the record that writes one that cannot be committed. */
  readonly careful: boolean;
  readonly observer: TopologyObserver;
}

/** What one commit is to write. */
export interface Uncommitted {
  /** By store; null means deleted. */
  readonly writes: Map<string, ReadonlyMap<string, Buffer | null>>;
  readonly outputs: readonly NewRecord[];
  readonly deadLetters: readonly NewRecord[];
}

/** Failures that are not the record's fault: they end the slice instance, and the record is tried again. */
const isOurs = (error: unknown): boolean =>
  error instanceof TransientError ||
  (error instanceof StreamsError && (error.code === 'STATE_UNREADABLE' || error.code === 'PUNCTUATION_FAILED'));

/**
 * What records do to one slice, between two commits: outputs, dead letters, writes to stores. Synchronous, without I/O
 * but for reads of local state; whatever a record did is undone when it fails.
 */
export class SliceWork {
  readonly stores: ReadonlyMap<string, SliceStore<unknown>>;
  readonly parked: ParkedKeys;
  readonly deadLetters: NewRecord[] = [];
  /** Dead letters without a good record since. */
  deadLettersInARow = 0;
  /** Where the dead-letter queue ended at the last commit. */
  deadLetterEnd = 0;
  /** What was processed last: `<topic>-<partition>-<offset>`, or `clock:<milliseconds>`. */
  lastOrigin = '';
  readonly #topology: Topology;
  readonly #instance: TopologyInstance;
  readonly #sources: ReadonlyMap<string, SourceNode>;
  readonly #settings: WorkSettings;

  constructor(topology: Topology, state: SliceState, settings: WorkSettings) {
    this.#topology = topology;
    this.#settings = settings;
    this.stores = new Map(
      topology.stores.map((definition) => [definition.name, new SliceStore(definition, state, settings.cacheEntries)]),
    );
    this.#instance = new TopologyInstance(topology, this.stores);
    this.parked = new ParkedKeys(state);
    const sources = topology.nodes.filter((node): node is SourceNode => node.kind === 'source');
    this.#sources = new Map(sources.map((node) => [node.topic, node]));
  }

  get outputs(): NewRecord[] {
    return this.#instance.outputs;
  }

  get streamTimes(): Map<string, number> {
    return this.#instance.streamTimes;
  }

  get punctuations(): readonly PunctuateNode[] {
    return this.#instance.punctuations;
  }

  /** A later record of a key waits behind one that failed. */
  sequenced(topic: string): boolean {
    return this.#sources.get(topic)?.sequenced ?? false;
  }

  /**
   * Processes a record, or parks it.
   * @throws StreamsError TOO_MANY_DEAD_LETTERS, and the record is neither; whatever is not the record's fault
   */
  process(record: LogRecord): void {
    if (this.sequenced(record.topic) && this.parked.has(record.topic, record.key)) {
      this.lastOrigin = originOf(record);
      this.park(record, new StreamsError('KEY_PARKED', 'an earlier record of this key is parked'));
      return;
    }
    const error = this.attempt(record);
    if (!error) return;
    this.#countDeadLetter(error);
    this.park(record, error);
  }

  /** Processes a record, or undoes all it did. @returns what is wrong with it */
  attempt(record: LogRecord): Error | undefined {
    this.lastOrigin = originOf(record);
    const outputs = this.outputs.length;
    try {
      this.#instance.process(record);
      if (this.#settings.careful) for (const store of this.stores.values()) store.checkValues();
      this.deadLettersInARow = 0;
      this.#savepoint();
      return undefined;
    } catch (error) {
      if (isOurs(error)) throw error;
      this.outputs.length = outputs;
      this.#instance.undo();
      for (const store of this.stores.values()) store.rollback();
      return error as Error;
    }
  }

  /** @param remains of a record that is no longer whole */
  park(record: LogRecord, error: Error, remains?: Remains): void {
    const known = remains ?? { name: parkedName(record.topic, record.key), without: 0 };
    const letter = deadLetter(this.#topology.name, record, error, known);
    this.deadLetters.push(letter);
    this.parked.add(known.name, this.deadLetterEnd, isIncomplete(letter) ? record.offset : undefined);
    this.stillParked(record, error);
  }

  /** Tells that a record is in the dead-letter queue. */
  stillParked(record: LogRecord, error: Error): void {
    this.#settings.observer.deadLetter?.(this.#settings.slice, originOf(record), error);
  }

  /** @param now milliseconds since the epoch */
  punctuate(name: string, now: number): void {
    this.lastOrigin = `clock:${now}`;
    this.#instance.punctuate(name, now);
    this.#savepoint();
  }

  /** Whether there are outputs or dead letters that are in no commit yet. */
  get hasOutputs(): boolean {
    return this.outputs.length + this.deadLetters.length > 0;
  }

  /** Whether a store was written since the last commit began. */
  get storesChanged(): boolean {
    if (this.parked.changed) return true;
    for (const store of this.stores.values()) if (store.changed) return true;
    return false;
  }

  /** Hands over to a commit all that is in none yet. @throws StreamsError VALUE_TOO_LARGE, VALUE_MISFIT */
  toCommit(): Uncommitted {
    const writes = new Map<string, ReadonlyMap<string, Buffer | null>>();
    for (const [name, store] of this.stores) writes.set(name, store.toCommit());
    writes.set(PARKED_STORE, this.parked.toCommit());
    return { writes, outputs: this.outputs.splice(0), deadLetters: this.deadLetters.splice(0) };
  }

  /** The log has all that was handed over. */
  committed(): void {
    for (const store of this.stores.values()) store.committed();
  }

  /** Local state has all that is committed. */
  written(): void {
    for (const store of this.stores.values()) store.written();
  }

  #savepoint(): void {
    for (const store of this.stores.values()) store.savepoint();
  }

  #countDeadLetter(error: Error): void {
    const { slice, deadLettersInARow } = this.#settings;
    if (++this.deadLettersInARow <= deadLettersInARow) return;
    this.deadLettersInARow = deadLettersInARow;
    const message =
      `${this.#topology.name} slice ${slice} pauses: ${deadLettersInARow} records in a row failed, ` +
      `and then ${this.lastOrigin}: ${error.message}; resume the topology when the cause is gone, or to park as many again`;
    throw new StreamsError('TOO_MANY_DEAD_LETTERS', message, { cause: error });
  }
}
