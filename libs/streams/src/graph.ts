import type { TopicSettings } from '@order-flow/contracts';
import type { LogRecord, NewRecord } from '@order-flow/event-log';
import type { StatelessOperator } from './operators.js';
import type { Rec } from './record.js';
import type { KeyValueStore, StoreDefinition } from './store.js';

export type Stores = Readonly<Record<string, StoreDefinition>>;

/** The stores as a handler sees them. */
export type OpenStores<Definitions extends Stores> = {
  readonly [Name in keyof Definitions]: Definitions[Name] extends StoreDefinition<infer Value>
    ? KeyValueStore<Value>
    : never;
};

/** A message a punctuation makes; it has no record as its cause. */
export interface Punctuated<Value> {
  readonly key: string;
  readonly value: Value;
  /** e.g. `deadline:payment:<order id>` */
  readonly causationId: string;
  readonly correlationId: string;
}

interface NodeBase {
  readonly id: number;
  readonly name: string;
}

export interface SourceNode extends NodeBase {
  readonly kind: 'source';
  readonly topic: string;
  readonly repartition: boolean;
  /** A record that failed is followed into the dead-letter queue by the later ones of its key. */
  readonly sequenced: boolean;
  /** Partition count of its own; undefined where it has the system's. */
  readonly partitions?: number | undefined;
  readonly decode: (record: LogRecord) => Rec;
}
export interface PipeNode extends NodeBase {
  readonly kind: 'pipe';
  readonly parents: readonly number[];
  readonly operators: readonly StatelessOperator<unknown, unknown>[];
  readonly rekeys: boolean;
}
export interface MergeNode extends NodeBase {
  readonly kind: 'merge';
  readonly parents: readonly number[];
}
/** The greatest timestamp a sub-topology has seen in its slice. */
export interface StreamTime {
  /** With this record. */
  readonly now: number;
  /** What it was when this node last handled a record, which not every record reaches; 0 when that is not known, as after a restart. */
  readonly handled: number;
}

export interface ProcessNode extends NodeBase {
  readonly kind: 'process';
  readonly parents: readonly number[];
  readonly stores: Stores;
  /** Records that come out must have a key of this slice, unless a repartition or a sink follows. */
  readonly handle: (record: Rec, stores: OpenStores<Stores>, time: StreamTime) => readonly Rec[];
}
/** Runs after a record that carried the stream time of its sub-topology over a multiple of the interval. */
export interface StreamClockNode extends NodeBase {
  readonly kind: 'stream-clock';
  readonly parents: readonly number[];
  readonly intervalMs: number;
  readonly stores: Stores;
  readonly handle: (now: number, stores: OpenStores<Stores>) => readonly Punctuated<unknown>[];
}
export interface PunctuateNode extends NodeBase {
  readonly kind: 'punctuate';
  readonly intervalMs: number;
  readonly stores: Stores;
  readonly handle: (now: number, stores: OpenStores<Stores>) => readonly Punctuated<unknown>[];
}
export interface SinkNode extends NodeBase {
  readonly kind: 'sink';
  readonly parents: readonly number[];
  readonly topic: string;
  readonly encode: (record: Rec) => NewRecord;
}
export type Node = SourceNode | PipeNode | MergeNode | ProcessNode | PunctuateNode | StreamClockNode | SinkNode;

export const parentsOf = (node: Node): readonly number[] => ('parents' in node ? node.parents : []);

/** A built topology: immutable, checked, ready to be run by any number of slices. */
export interface Topology {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly stores: readonly StoreDefinition[];
  /** Topics whose records are processed, repartition topics included. */
  readonly inputs: readonly string[];
  /** Topics read: the inputs, and requests to run parked records again. */
  readonly reads: readonly string[];
  /** Topics that belong to this topology alone: repartition, changelog, dead letters, requests to redrive them. */
  readonly internalTopics: readonly TopicSettings[];
  /** Node ids by sub-topology. */
  readonly subTopologies: readonly (readonly number[])[];
  /** By node id the name of its sub-topology: that of its first source or punctuation. */
  readonly subTopologyNames: readonly string[];
}

/** Name of the store, and so of the changelog, that keeps a slice's own positions. */
export const SLICE_STORE = 'slice';
/** Keys that have records in the dead-letter queue. */
export const PARKED_STORE = 'parked';

export const changelogTopic = (topology: string, store: string): string => `${topology}.${store}.changelog`;
export const repartitionTopic = (topology: string, name: string): string => `${topology}.${name}.repartition`;
/** What `repartitionTopic` was given. */
export const repartitionName = (topology: string, topic: string): string =>
  topic.slice(`${topology}.`.length, -'.repartition'.length);
export const deadLetterTopic = (topology: string): string => `${topology}.dlq`;
export const redriveTopic = (topology: string): string => `${topology}.redrive`;
