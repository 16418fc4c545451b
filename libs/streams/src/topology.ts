import type { EventOf, EventTopic } from '@order-flow/contracts';
import type { z } from 'zod';
import { checkedTopology } from './build.js';
import { eventDecoder, messageDecoder } from './codec.js';
import { StreamsError } from './errors.js';
import { type Node, type OpenStores, type Punctuated, repartitionTopic, type Stores, type Topology } from './graph.js';
import type { StoreDefinition } from './store.js';
import { type Nodes, type Repartition, type RepartitionOptions, Stream, type WithoutId } from './stream.js';

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

export class TopologyBuilder implements Nodes {
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
      partitions: topic.partitions,
      decode: eventDecoder(topic),
    });
  }

  /** Streams as one, ordered by time as the slice takes them. */
  merge<Streams extends readonly Stream<unknown>[]>(
    ...streams: Streams
  ): Stream<Streams[number] extends Stream<infer Value> ? Value : never> {
    if (streams.some(({ builder }) => builder !== this)) {
      throw new StreamsError('INVALID_TOPOLOGY', `${this.name}: a merge of streams of another topology`);
    }
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
