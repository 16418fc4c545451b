import type { DomainEventOf, EventOf, EventTopic } from '@order-flow/contracts';
import { map as rxMap } from 'rxjs';
import type { z } from 'zod';
import { checkedTopology } from './build.js';
import { eventDecoder, eventEncoder, type IdParts, messageDecoder, messageEncoder } from './codec.js';
import { type Node, type OpenStores, type Punctuated, repartitionTopic, type Stores, type Topology } from './graph.js';
import { stateless, type StatelessOperator } from './operators.js';
import type { Rec } from './record.js';
import type { StoreDefinition } from './store.js';

/**
 * Defines a topology.
 * @example topology('payment', (t) => { t.from(inventoryEvents).pipe(ofType('InventoryReserved')).to(…) })
 * @throws StreamsError INVALID_TOPOLOGY naming the node that cannot work
 */
export function topology(name: string, define: (builder: TopologyBuilder) => void): Topology {
  const builder = new TopologyBuilder(name);
  define(builder);
  return checkedTopology(name, builder.nodes, builder.stores);
}

/** How records travel between sub-topologies: plain JSON that fits the schema, keyed anew. */
export interface RepartitionOptions<Value> {
  readonly schema: z.ZodType<Value>;
  readonly key: (value: Value) => string;
  /** Whether later records of a key wait for a failed one; default false, for keys are often shared. */
  readonly sequenced?: boolean;
}

export interface Repartition<Value> {
  readonly topic: string;
  readonly key: (value: Value) => string;
  readonly stream: Stream<Value>;
}

type WithoutId = Node extends infer Kind ? (Kind extends Node ? Omit<Kind, 'id'> : never) : never;

export class TopologyBuilder {
  readonly nodes: Node[] = [];
  readonly stores: StoreDefinition[] = [];

  constructor(readonly name: string) {}

  /** A store: key → value that fits the schema, with its changelog. */
  store<Value>(name: string, schema: z.ZodType<Value>): StoreDefinition<Value> {
    const definition = { name, schema };
    this.stores.push(definition);
    return definition;
  }

  /**
   * The events of a topic. `sequenced` (default true): after a record that failed, later ones of its key wait with it in
   * the dead-letter queue. Turn it off where many entities share a key.
   */
  from<Topic extends EventTopic>(topic: Topic, options: { readonly sequenced?: boolean } = {}): Stream<EventOf<Topic>> {
    return this.add({
      kind: 'source',
      name: topic.name,
      topic: topic.name,
      repartition: false,
      sequenced: options.sequenced ?? true,
      decode: eventDecoder(topic),
    });
  }

  /** Streams as one, ordered by time as the slice takes them. */
  merge<Streams extends readonly Stream<unknown>[]>(
    ...streams: Streams
  ): Stream<Streams[number] extends Stream<infer Value> ? Value : never> {
    return this.add({ kind: 'merge', name: 'merge', parents: streams.map((stream) => stream.node) });
  }

  /** A repartition topic on its own: several streams may send to it, and its stream may be defined before they are. */
  repartition<Value>(name: string, options: RepartitionOptions<Value>): Repartition<Value> {
    const topic = repartitionTopic(this.name, name);
    const stream = this.add<Value>({
      kind: 'source',
      name: topic,
      topic,
      repartition: true,
      sequenced: options.sequenced ?? false,
      decode: messageDecoder(options.schema),
    });
    return { topic, key: options.key, stream };
  }

  /**
   * Runs on the wall clock every `intervalMs`, but only once the inputs are read to where they ended when the slice
   * started, so that an outage times nothing out whose answer already waits.
   */
  every<Definitions extends Stores, Value>(
    name: string,
    intervalMs: number,
    stores: Definitions,
    handle: (now: number, stores: OpenStores<Definitions>) => readonly Punctuated<Value>[],
  ): Stream<Value> {
    return this.add({ kind: 'punctuate', name, intervalMs, stores, handle: handle as never });
  }

  /** @internal */
  add<Value>(node: WithoutId): Stream<Value> {
    const id = this.nodes.length;
    this.nodes.push({ ...node, id });
    return new Stream<Value>(this, id);
  }
}

/** A step of a topology under construction: what flows out of node `node`. */
export class Stream<Value> {
  /** Makes Stream<A> and Stream<B> different types. */
  declare readonly value: Value;

  constructor(
    readonly builder: TopologyBuilder,
    readonly node: number,
  ) {}

  /** Applies operators that keep nothing between records. */
  pipe<A>(a: StatelessOperator<Value, A>): Stream<A>;
  pipe<A, B>(a: StatelessOperator<Value, A>, b: StatelessOperator<A, B>): Stream<B>;
  pipe<A, B, C>(a: StatelessOperator<Value, A>, b: StatelessOperator<A, B>, c: StatelessOperator<B, C>): Stream<C>;
  pipe(...operators: readonly unknown[]): Stream<unknown> {
    return this.#pipe(operators as StatelessOperator<unknown, unknown>[], false);
  }

  /** Gives records another key. Only a repartition or a sink may follow: stores are found by the old one. */
  rekey(key: (value: Value) => string): Stream<Value> {
    const operator = stateless<Value, Value>(rxMap((record) => ({ ...record, key: key(record.value) })));
    return this.#pipe([operator as StatelessOperator<unknown, unknown>], true);
  }

  /** Handles each record with stores of this slice: a pure, synchronous function of record and stores. */
  process<Definitions extends Stores, Out>(
    name: string,
    stores: Definitions,
    handle: (record: Rec<Value>, stores: OpenStores<Definitions>) => readonly Out[],
  ): Stream<Out> {
    return this.builder.add({ kind: 'process', name, parents: [this.node], stores, handle: handle as never });
  }

  /** Keeps one state per key: `decide` answers, `evolve` remembers the answers. */
  decide<State, Out>(
    store: StoreDefinition<State>,
    decider: {
      readonly initialState: (key: string) => State;
      readonly decide: (message: Value, state: State) => readonly Out[];
      readonly evolve: (state: State, event: Out) => State;
    },
  ): Stream<Out> {
    return this.process(`decide:${store.name}`, { state: store }, ({ key, value }, { state }) => {
      const before = state.get(key) ?? decider.initialState(key);
      const events = decider.decide(value, before);
      if (events.length > 0)
        state.put(
          key,
          events.reduce((current, event) => decider.evolve(current, event), before),
        );
      return events;
    });
  }

  /** Sends through `<topology>.<name>.repartition`, so that records of one key meet in one slice. */
  repartition<Target>(this: Stream<Target>, name: string, options: RepartitionOptions<Target>): Stream<Target> {
    const repartition = this.builder.repartition(name, options);
    this.sendTo(repartition);
    return repartition.stream;
  }

  /** Sends into a repartition topic that several streams feed. */
  sendTo<Target>(this: Stream<Target>, repartition: Repartition<Target>): void {
    const { topic, key } = repartition;
    const encode = messageEncoder(topic, key);
    this.builder.add({ kind: 'sink', name: topic, parents: [this.node], topic, encode });
  }

  /**
   * Writes events to a topic, keyed by the record's key.
   * @param options.id what makes an event's id besides the topology; default: the causing event's id, type and key
   */
  to<Topic extends EventTopic>(
    this: Stream<DomainEventOf<Topic>>,
    topic: Topic,
    options: { readonly id?: IdParts } = {},
  ): void {
    const idParts: IdParts = options.id ?? ((value, record) => [record.cause.eventId, value.type, record.key]);
    const encode = eventEncoder(this.builder.name, topic, idParts);
    this.builder.add({ kind: 'sink', name: topic.name, parents: [this.node], topic: topic.name, encode });
  }

  #pipe<Out>(operators: readonly StatelessOperator<unknown, unknown>[], rekeys: boolean): Stream<Out> {
    const name = rekeys ? 'rekey' : 'pipe';
    return this.builder.add({ kind: 'pipe', name, parents: [this.node], operators, rekeys });
  }
}
