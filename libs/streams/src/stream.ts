import type { DomainEventOf, EventTopic } from '@order-flow/contracts';
import { map as rxMap } from 'rxjs';
import type { z } from 'zod';
import { eventEncoder, type IdParts, messageEncoder } from './codec.js';
import { dedup, type DedupSettings } from './dedup.js';
import { StreamsError } from './errors.js';
import type { Node, OpenStores, Punctuated, Stores, StreamTime } from './graph.js';
import { filter, flatMap, stateless, type StatelessOperator, withValues } from './operators.js';
import type { Rec } from './record.js';
import type { StoreDefinition } from './store.js';
import { type Aggregator, windowAggregate, type Windowed, type WindowSettings } from './windows.js';

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

/** The latest row of each key, kept in a store that this one stream writes. */
export interface Table<Row> {
  readonly store: StoreDefinition<Row>;
}

type Predicate<Value> = (value: Value, record: Rec<Value>) => boolean;
type Guarded<Value, Test> = Test extends ((value: Value, record: Rec<Value>) => value is infer Narrow extends Value)
  ? Narrow
  : Value;
/** A stream for each predicate, and one for what none of them took. */
export type Branches<Value, Predicates> = {
  readonly [Name in keyof Predicates]: Stream<Guarded<Value, Predicates[Name]>>;
} & { readonly otherwise: Stream<Value> };

export type WithoutId = Node extends infer Kind ? (Kind extends Node ? Omit<Kind, 'id'> : never) : never;

/** Where a stream's steps are collected. */
export interface Nodes {
  readonly name: string;
  add<Value>(node: WithoutId): Stream<Value>;
  repartition<Value>(name: string, options: RepartitionOptions<Value>): Repartition<Value>;
}

/** A step of a topology under construction: what flows out of node `node`. */
export class Stream<Value> {
  /** Makes Stream<A> and Stream<B> different types. */
  declare readonly value: Value;

  constructor(
    readonly builder: Nodes,
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

  /** Each record goes to the first branch whose predicate holds, or else to `otherwise`. */
  branch<Predicates extends Readonly<Record<string, Predicate<Value>>>>(
    predicates: Predicates,
  ): Branches<Value, Predicates> {
    const names = Object.keys(predicates);
    const chosen = (value: Value, record: Rec<Value>): string =>
      names.find((name) => predicates[name]?.(value, record)) ?? 'otherwise';
    const branches = [...names, 'otherwise'].map(
      (name) => [name, this.pipe(filter((value, record) => chosen(value, record) === name))] as const,
    );
    return Object.fromEntries(branches) as Branches<Value, Predicates>;
  }

  /** Handles each record with stores of this slice: a pure, synchronous function of record, stores and stream time. */
  process<Definitions extends Stores, Out>(
    name: string,
    stores: Definitions,
    handle: (record: Rec<Value>, stores: OpenStores<Definitions>, time: StreamTime) => readonly Out[],
  ): Stream<Out> {
    return this.#process(name, stores, (record, opened, time) => withValues(record, handle(record, opened, time)));
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

  /** Folds the records of each key into one state and gives out each new one. */
  aggregate<State>(store: StoreDefinition<State>, { initialState, fold }: Aggregator<Value, State>): Stream<State> {
    return this.process(`aggregate:${store.name}`, { state: store }, (record, { state }) => {
      const after = fold(state.get(record.key) ?? initialState(record.key), record.value, record);
      state.put(record.key, after);
      return [after];
    });
  }

  /**
   * Folds the records of each key and window of stream time. `late` are records whose windows are all closed. Where
   * several windows of a key come from one record (they overlap), the sink needs an `id` that tells them apart.
   * @throws StreamsError INVALID_TOPOLOGY when the settings are no window
   */
  windowed<State>(
    store: StoreDefinition<State>,
    settings: WindowSettings,
    aggregator: Aggregator<Value, State>,
  ): { readonly results: Stream<Windowed<State>>; readonly late: Stream<Value> } {
    const name = `window:${store.name}`;
    const handle = this.#sensible(name, () => windowAggregate(store.name, settings, aggregator));
    const both = this.#process(name, { windows: store }, handle);
    return {
      results: both.pipe(flatMap((output) => (output.kind === 'window' ? [output.window] : []))),
      late: both.pipe(flatMap((output) => (output.kind === 'late' ? [output.value] : []))),
    };
  }

  /**
   * Lets the first record of each key and id pass, and what repeats it within the horizon not.
   * @throws StreamsError INVALID_TOPOLOGY when the horizon is no positive whole number
   */
  dedup(store: StoreDefinition<number>, settings: DedupSettings<Value>): Stream<Value> {
    const name = `dedup:${store.name}`;
    const handle = this.#sensible(name, () => dedup(settings));
    return this.process(name, { seen: store }, handle);
  }

  /** Keeps the latest row of each key; `undefined` deletes it. */
  toTable<Row>(
    store: StoreDefinition<Row>,
    row: (value: Value, before: Row | undefined) => Row | undefined,
  ): Table<Row> {
    this.process(`table:${store.name}`, { rows: store }, ({ key, value }, { rows }) => {
      const after = row(value, rows.get(key));
      if (after === undefined) rows.delete(key);
      else rows.put(key, after);
      return [];
    });
    return { store };
  }

  /** Each record with the row its key has now; records without a row go no further. */
  join<Row, Out>(table: Table<Row>, joined: (value: Value, row: Row) => Out): Stream<Out> {
    return this.#lookUp('join', table, (value, row) => (row === undefined ? [] : [joined(value, row)]));
  }

  /** Each record with the row its key has now, or without one. */
  leftJoin<Row, Out>(table: Table<Row>, joined: (value: Value, row: Row | undefined) => Out): Stream<Out> {
    return this.#lookUp('left-join', table, (value, row) => [joined(value, row)]);
  }

  /**
   * Runs after a record that carried this stream's time (the greatest timestamp its sub-topology has seen in the slice)
   * over a multiple of the interval: once, however far it went.
   */
  everyStreamTime<Definitions extends Stores, Out>(
    name: string,
    intervalMs: number,
    stores: Definitions,
    handle: (now: number, stores: OpenStores<Definitions>) => readonly Punctuated<Out>[],
  ): Stream<Out> {
    const parents = [this.node];
    return this.builder.add({ kind: 'stream-clock', name, parents, intervalMs, stores, handle: handle as never });
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

  /** What is wrong with a node's settings is told with the node's name. */
  #sensible<Handle>(node: string, make: () => Handle): Handle {
    try {
      return make();
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      const message = `${this.builder.name}: node "${node}": ${cause.message}`;
      throw new StreamsError('INVALID_TOPOLOGY', message, { cause });
    }
  }

  #lookUp<Row, Out>(
    name: string,
    { store }: Table<Row>,
    joined: (value: Value, row: Row | undefined) => readonly Out[],
  ): Stream<Out> {
    return this.process(`${name}:${store.name}:${this.node}`, { rows: store }, ({ key, value }, { rows }) =>
      joined(value, rows.get(key)),
    );
  }

  #process<Definitions extends Stores, Out>(
    name: string,
    stores: Definitions,
    handle: (record: Rec<Value>, stores: OpenStores<Definitions>, time: StreamTime) => readonly Rec<Out>[],
  ): Stream<Out> {
    return this.builder.add({ kind: 'process', name, parents: [this.node], stores, handle: handle as never });
  }

  #pipe<Out>(operators: readonly StatelessOperator<unknown, unknown>[], rekeys: boolean): Stream<Out> {
    const name = rekeys ? 'rekey' : 'pipe';
    return this.builder.add({ kind: 'pipe', name, parents: [this.node], operators, rekeys });
  }
}
