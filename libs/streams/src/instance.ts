import type { LogRecord, NewRecord } from '@order-flow/event-log';
import { map as rxMap, merge, type Observable, type OperatorFunction, Subject, type Subscription } from 'rxjs';
import type { Node, OpenStores, ProcessNode, PunctuateNode, SourceNode, Stores, Topology } from './graph.js';
import { flatten } from './operators.js';
import type { Rec } from './record.js';
import type { KeyValueStore } from './store.js';

/**
 * A topology's graph as live RxJS observables for one slice. Synchronous: when `process` returns, all that follows from
 * the record is in `outputs` and in the stores.
 */
export class TopologyInstance {
  readonly outputs: NewRecord[] = [];
  readonly #topology: Topology;
  readonly #stores: ReadonlyMap<string, KeyValueStore<unknown>>;
  readonly #sources = new Map<string, { node: SourceNode; input: Subject<Rec> }>();
  readonly #clocks = new Map<string, { node: PunctuateNode; input: Subject<Rec> }>();
  #subscriptions: Subscription[] = [];
  #failure: { error: unknown } | undefined;

  constructor(topology: Topology, stores: ReadonlyMap<string, KeyValueStore<unknown>>) {
    this.#topology = topology;
    this.#stores = stores;
    this.#wire();
  }

  /** Runs one record through. Throws what a node threw; outputs and stores are then the caller's to undo. */
  process(record: LogRecord): void {
    const source = this.#sources.get(record.topic);
    if (!source) throw new Error(`${record.topic} is no input of ${this.#topology.name}`);
    this.#push(source.input, source.node.decode(record));
  }

  /** Runs a wall-clock punctuation. @param now milliseconds since the epoch */
  punctuate(name: string, now: number): void {
    const clock = this.#clocks.get(name);
    if (!clock) throw new Error(`${name} is no punctuation of ${this.#topology.name}`);
    for (const { key, value, causationId, correlationId } of clock.node.handle(now, this.#open(clock.node.stores))) {
      const cause = { origin: `clock:${now}`, eventId: causationId, correlationId };
      this.#push(clock.input, { key, value, timestamp: now, cause });
    }
  }

  get punctuations(): readonly PunctuateNode[] {
    return [...this.#clocks.values()].map(({ node }) => node);
  }

  #push(input: Subject<Rec>, record: Rec): void {
    input.next(record);
    if (!this.#failure) return;
    const { error } = this.#failure;
    this.#wire();
    throw error instanceof Error ? error : new Error(String(error));
  }

  /** An error ends observables; operators keep nothing between records, so wiring anew loses nothing. */
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
      case 'sink':
        return this.#connect(
          parentStream(node.parents, streams),
          rxMap((record) => {
            this.outputs.push(node.encode(record));
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

  #handler(node: ProcessNode): OperatorFunction<Rec, Rec> {
    const stores = this.#open(node.stores);
    return flatten((record) => node.handle(record, stores));
  }

  #input<Kind extends Node>(
    inputs: Map<string, { node: Kind; input: Subject<Rec> }>,
    name: string,
    node: Kind,
  ): Observable<Rec> {
    const input = new Subject<Rec>();
    inputs.set(name, { node, input });
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
