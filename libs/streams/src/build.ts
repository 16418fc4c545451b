import type { TopicSettings } from '@order-flow/contracts';
import { StreamsError } from './errors.js';
import {
  changelogTopic,
  deadLetterTopic,
  type Node,
  PARKED_STORE,
  parentsOf,
  redriveTopic,
  repartitionName,
  SLICE_STORE,
  type SourceNode,
  type Topology,
} from './graph.js';
import type { StoreDefinition } from './store.js';

const refuse = (message: string): never => {
  throw new StreamsError('INVALID_TOPOLOGY', message);
};

const NAME = /^[a-z][a-z0-9-]{0,60}$/;

const storesOf = (node: Node): readonly StoreDefinition[] => ('stores' in node ? Object.values(node.stores) : []);
const storeNames = (node: Node): string[] => storesOf(node).map((store) => store.name);

function checkNames(topology: string, nodes: readonly Node[], stores: readonly StoreDefinition[]): void {
  if (!NAME.test(topology)) refuse(`"${topology}" is no topology name: lower-case letters, digits and hyphens`);
  const names = stores.map((store) => store.name);
  for (const name of names) {
    if (!NAME.test(name) || name === SLICE_STORE || name === PARKED_STORE)
      refuse(`${topology}: "${name}" cannot be a store's name`);
    if (names.filter((other) => other === name).length > 1) refuse(`${topology}: two stores are named "${name}"`);
  }
  const named = nodes.filter((node) => node.kind !== 'pipe' && node.kind !== 'merge' && node.kind !== 'sink');
  for (const { name } of named) {
    if (named.filter((other) => other.name === name).length > 1) refuse(`${topology}: two nodes are named "${name}"`);
  }
  for (const node of nodes) {
    // one of the same name is another store all the same: its values have a schema of their own
    const unknown = storesOf(node).find((store) => !stores.some((own) => own === store));
    if (unknown) refuse(`${topology}: node "${node.name}" uses store "${unknown.name}" of another topology`);
  }
}

/** A repartition's name becomes part of a topic's; an interval that is no length of time would never end, or never come. */
function checkSettings(topology: string, nodes: readonly Node[]): void {
  for (const node of nodes) {
    if (node.kind === 'source' && node.repartition) {
      const name = repartitionName(topology, node.topic);
      if (!NAME.test(name))
        refuse(`${topology}: "${name}" is no repartition's name: lower-case letters, digits and hyphens`);
    }
    if (!('intervalMs' in node) || (Number.isInteger(node.intervalMs) && node.intervalMs > 0)) continue;
    refuse(
      `${topology}: node "${node.name}" runs every ${node.intervalMs} ms: a positive whole number of milliseconds is needed`,
    );
  }
}

/** A store behind a rekey would be looked up in the wrong slice. */
function checkKeys(topology: string, nodes: readonly Node[]): void {
  const rekeyed = new Set<number>();
  for (const node of nodes) {
    if (parentsOf(node).some((parent) => rekeyed.has(parent))) rekeyed.add(node.id);
    if (node.kind === 'pipe' && node.rekeys) rekeyed.add(node.id);
    if (rekeyed.has(node.id) && storeNames(node).length > 0) {
      refuse(`${topology}: node "${node.name}" uses a store behind a rekey; repartition in between`);
    }
  }
}

function checkCycles(topology: string, nodes: readonly Node[]): void {
  const read = new Set(
    nodes.filter((node): node is SourceNode => node.kind === 'source' && !node.repartition).map(({ topic }) => topic),
  );
  for (const node of nodes) {
    if (node.kind === 'sink' && read.has(node.topic))
      refuse(`${topology}: "${node.topic}" is read and written: a cycle`);
  }
}

/** All inputs of a slice are partition p of their topics: a topic with a partition count of its own has other slices. */
function checkPartitions(topology: string, nodes: readonly Node[]): void {
  const sources = nodes.filter((node): node is SourceNode => node.kind === 'source');
  const own = sources.find(({ partitions }) => partitions !== undefined);
  const other = own && sources.find(({ partitions }) => partitions !== own.partitions);
  if (!own || !other) return;
  refuse(
    `${topology}: "${own.name}" and "${other.name}" are not co-partitioned: "${own.name}" has ${own.partitions} ` +
      `partitions of its own and "${other.name}" has ${other.partitions ?? "the system's count"}; repartition one of them`,
  );
}

/** Connected nodes, where nodes that share a store count as connected (union-find). */
function subTopologies(nodes: readonly Node[]): number[][] {
  const root = nodes.map((node) => node.id);
  const find = (id: number): number => (root[id] === id ? id : find(root[id] ?? id));
  const owners = new Map<string, number>();
  for (const node of nodes) {
    for (const parent of parentsOf(node)) root[find(node.id)] = find(parent);
    for (const store of storeNames(node)) {
      root[find(node.id)] = find(owners.get(store) ?? node.id);
      owners.set(store, node.id);
    }
  }
  const groups = new Map<number, number[]>();
  for (const { id } of nodes) groups.set(find(id), [...(groups.get(find(id)) ?? []), id]);
  return [...groups.values()];
}

function subTopologyNames(nodes: readonly Node[], groups: readonly (readonly number[])[]): string[] {
  const names: string[] = [];
  for (const ids of groups) {
    const group = ids.map((id) => nodes[id]);
    const first =
      group.find((node) => node?.kind === 'source') ?? group.find((node) => node?.kind === 'punctuate') ?? group[0];
    for (const id of ids) names[id] = first?.name ?? '';
  }
  return names;
}

const compacted = (name: string): TopicSettings => ({ name, key: 'store key', cleanup: 'compact', retentionMs: -1 });
const kept = (name: string, key: string): TopicSettings => ({ name, key, cleanup: 'delete', retentionMs: -1 });

function internalTopics(topology: string, nodes: readonly Node[], stores: readonly StoreDefinition[]): TopicSettings[] {
  const repartitions = nodes.filter((node): node is SourceNode => node.kind === 'source' && node.repartition);
  const changelogs = [...stores.map((store) => store.name), SLICE_STORE, PARKED_STORE];
  return [
    ...repartitions.map(({ topic }) => kept(topic, 'repartition key')),
    ...changelogs.map((store) => compacted(changelogTopic(topology, store))),
    kept(deadLetterTopic(topology), 'key of the failed record'),
    kept(redriveTopic(topology), 'key to run again'),
  ];
}

/** Checks that a topology can work. @throws StreamsError INVALID_TOPOLOGY naming the node */
export function checkedTopology(name: string, nodes: readonly Node[], stores: readonly StoreDefinition[]): Topology {
  checkNames(name, nodes, stores);
  checkSettings(name, nodes);
  checkKeys(name, nodes);
  checkCycles(name, nodes);
  checkPartitions(name, nodes);
  const sources = nodes.filter((node): node is SourceNode => node.kind === 'source');
  if (sources.length === 0) refuse(`${name}: nothing is read; begin with from(topic)`);
  const inputs = sources.map(({ topic }) => topic);
  const groups = subTopologies(nodes);
  return {
    name,
    nodes,
    stores,
    inputs,
    reads: [...inputs, redriveTopic(name)],
    internalTopics: internalTopics(name, nodes, stores),
    subTopologies: groups,
    subTopologyNames: subTopologyNames(nodes, groups),
  };
}
