import type { LogRecord, NewRecord } from '@order-flow/event-log';
import { map as rxMap, merge, type Observable, type OperatorFunction, Subject, type Subscription } from 'rxjs';
import { StreamsError } from './errors.js';
import type {
  Node,
  OpenStores,
  ProcessNode,
  PunctuateNode,
  SourceNode,
  Stores,
  StreamClockNode,
  Topology,
} from './graph.js';
import { flattenRecords } from './operators.js';
import type { Rec } from './record.js';
import type { KeyValueStore } from './store.js';

/** Bytes of an output's value; with key and headers it must fit the log's 1 MiB. */
export const MAX_VALUE = 1_000_000;

interface Entry<Kind> {
  readonly node: Kind;
  readonly input: Subject<Rec>;
  /** Name of its sub-topology. */
  readonly part: string;
}

/**
 * A topology's graph as live RxJS observables for one slice. Synchronous: when `process` returns, all that follows from
 * the record is in `outputs` and in the stores.
 */
export class TopologyInstance {
  readonly outputs: NewRecord[] = [];
  /** Milliseconds since the epoch, by sub-topology: the greatest timestamp of what was processed. */
  readonly streamTimes = new Map<string, number>();
  readonly #topology: Topology;
  readonly #stores: ReadonlyMap<string, KeyValueStore<unknown>>;
  readonly #sources = new Map<string, Entry<SourceNode>>();
  readonly #clocks = new Map<string, Entry<PunctuateNode>>();
  readonly #streamClocks = new Map<string, Entry<StreamClockNode>>();
  #subscriptions: Subscription[] = [];
  #failure: { error: unknown } | undefined;
  #streamTime = 0;
  /** Stream time before the last record; undefined when that did not get as far. */
  #former: { readonly part: string; readonly time: number } | undefined;

  constructor(topology: Topology, stores: ReadonlyMap<string, KeyValueStore<unknown>>) {
    this.#topology = topology;
    this.#stores = stores;
    this.#wire();
  }

  /**
   * Runs one record through, and the stream-time punctuations it makes due. Throws what a node threw; outputs and stores
   * are then the caller's to undo.
   */
  process(record: LogRecord): void {
    this.#former = undefined;
    const source = this.#sources.get(record.topic);
    if (!source) throw new Error(`${record.topic} is no input of ${this.#topology.name}`);
    const { part } = source;
    const before = this.streamTimes.get(part) ?? 0;
    const now = Math.max(before, record.timestamp);
    this.#streamTime = now;
    this.#former = { part, time: before };
    this.#push(source.input, source.node.decode(record));
    if (now === before) return;
    if (this.#streamClocks.size > 0) this.#tick(part, before, now);
    this.streamTimes.set(part, now);
  }

  /** Takes back what the last record did to stream time, and what nodes remember of it. */
  undo(): void {
    if (this.#former) this.streamTimes.set(this.#former.part, this.#former.time);
    this.#wire();
  }

  /** Runs a wall-clock punctuation. @param now milliseconds since the epoch */
  punctuate(name: string, now: number): void {
    const clock = this.#clocks.get(name);
    if (!clock) throw new Error(`${name} is no punctuation of ${this.#topology.name}`);
    this.#streamTime = this.streamTimes.get(clock.part) ?? 0;
    this.#run(clock, now, `clock:${now}`);
  }

  get punctuations(): readonly PunctuateNode[] {
    return [...this.#clocks.values()].map(({ node }) => node);
  }

  #tick(part: string, before: number, now: number): void {
    if (before === 0) return;
    for (const clock of this.#streamClocks.values()) {
      const { intervalMs, name } = clock.node;
      if (clock.part !== part || Math.floor(before / intervalMs) === Math.floor(now / intervalMs)) continue;
      try {
        this.#run(clock, now, `stream-time:${now}`);
      } catch (cause) {
        const message = `${this.#topology.name}: punctuation "${name}" failed at stream time ${now}: ${String(cause)}`;
        throw new StreamsError('PUNCTUATION_FAILED', message, { cause });
      }
    }
  }

  #run({ node, input }: Entry<PunctuateNode | StreamClockNode>, now: number, origin: string): void {
    for (const { key, value, causationId, correlationId } of node.handle(now, this.#open(node.stores))) {
      this.#push(input, { key, value, timestamp: now, cause: { origin, eventId: causationId, correlationId } });
    }
  }

  #push(input: Subject<Rec>, record: Rec): void {
    input.next(record);
    if (!this.#failure) return;
    const { error } = this.#failure;
    this.#wire();
    throw error instanceof Error ? error : new Error(String(error));
  }

  /** An error ends observables; operators keep nothing between records that they could not do without, so wiring anew loses nothing. */
  #wire(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#subscriptions = [];
    this.#failure = undefined;
    const streams: Observable<Rec>[] = [];
    for (const node of this.#topology.nodes) streams[node.id] = this.#stream(node, streams);
  }

  #stream(node: Node, streams: readonly Observable<Rec>[]): Observable<Rec> {
    switch (node.kind) {
      case 'source':
        return this.#input(this.#sources, node.topic, node);
      case 'punctuate':
        return this.#input(this.#clocks, node.name, node);
      case 'stream-clock':
        return this.#input(this.#streamClocks, node.name, node);
      case 'sink':
        return this.#connect(
          parentStream(node.parents, streams),
          rxMap((record) => {
            this.#emit(node.encode(record));
            return record;
          }),
        );
      case 'merge':
        return this.#connect(merge(...node.parents.map((parent) => parentStream([parent], streams))));
      case 'pipe':
        return this.#connect(parentStream(node.parents, streams), ...node.operators);
      case 'process':
        return this.#connect(parentStream(node.parents, streams), this.#handler(node));
    }
  }

  #emit(output: NewRecord): void {
    const size = output.value?.length ?? 0;
    if (size > MAX_VALUE) {
      throw new StreamsError('VALUE_TOO_LARGE', `an output of ${size} bytes for ${output.topic}; limit ${MAX_VALUE}`);
    }
    this.outputs.push(output);
  }

  #handler(node: ProcessNode): OperatorFunction<Rec, Rec> {
    const stores = this.#open(node.stores);
    let handled = 0;
    return flattenRecords((record) => {
      const now = this.#streamTime;
      const outputs = node.handle(record, stores, { now, handled });
      handled = now;
      return outputs;
    });
  }

  #input<Kind extends Node>(inputs: Map<string, Entry<Kind>>, name: string, node: Kind): Observable<Rec> {
    const input = new Subject<Rec>();
    inputs.set(name, { node, input, part: this.#topology.subTopologyNames[node.id] ?? '' });
    return input;
  }

  /** One subscription per node, however many follow it. */
  #connect(parent: Observable<Rec>, ...operators: readonly OperatorFunction<Rec, Rec>[]): Observable<Rec> {
    const output = new Subject<Rec>();
    const stream = operators.reduce<Observable<Rec>>((current, operator) => current.pipe(operator), parent);
    this.#subscriptions.push(
      stream.subscribe({
        next: (record) => output.next(record),
        error: (error: unknown) => (this.#failure ??= { error }),
      }),
    );
    return output;
  }

  #open(definitions: Stores): OpenStores<Stores> {
    const opened = Object.entries(definitions).map(
      ([name, { name: store }]) => [name, this.#stores.get(store)] as const,
    );
    return Object.fromEntries(opened) as OpenStores<Stores>;
  }
}

function parentStream(parents: readonly number[], streams: readonly Observable<Rec>[]): Observable<Rec> {
  const stream = streams[parents[0] ?? -1];
  if (!stream) throw new Error('a node is defined before its parent');
  return stream;
}
