import { type Node, parentsOf, type Topology } from './graph.js';

const label = (node: Node): string => {
  switch (node.kind) {
    case 'source':
      return `source ${node.topic}`;
    case 'sink':
      return `sink ${node.topic}`;
    case 'process':
      return `process ${node.name}`;
    case 'punctuate':
      return `every ${node.intervalMs} ms ${node.name}`;
    case 'stream-clock':
      return `every ${node.intervalMs} ms of stream time ${node.name}`;
    case 'pipe':
    case 'merge':
      return node.name;
  }
};

const storesOf = (node: Node): string[] =>
  'stores' in node ? Object.values(node.stores).map((store) => store.name) : [];

/** A topology as text: sub-topologies, their nodes, what each is fed by and which stores it uses. */
export function describe(topology: Topology): string {
  const lines = [`Topology ${topology.name}`];
  topology.subTopologies.forEach((ids, index) => {
    lines.push(`  Sub-topology ${index}`);
    for (const id of ids) {
      const node = topology.nodes[id];
      if (!node) continue;
      const parents = parentsOf(node).map((parent) => `#${parent}`);
      const stores = storesOf(node);
      const fed = parents.length > 0 ? ` <- ${parents.join(', ')}` : '';
      lines.push(`    #${id} ${label(node)}${fed}${stores.length > 0 ? ` [${stores.join(', ')}]` : ''}`);
    }
  });
  return lines.join('\n');
}

/** A topology as a Mermaid flow chart. */
export function describeMermaid(topology: Topology): string {
  const lines = ['flowchart LR'];
  topology.subTopologies.forEach((ids, index) => {
    lines.push(`  subgraph s${index}["${topology.name} ${index}"]`);
    for (const id of ids) {
      const node = topology.nodes[id];
      if (!node) continue;
      lines.push(`    n${id}["${label(node)}"]`);
      for (const store of storesOf(node))
        lines.push(`    n${id} --- ${topology.name}_${store.replaceAll('-', '_')}[("${store}")]`);
    }
    lines.push('  end');
  });
  for (const node of topology.nodes) {
    for (const parent of parentsOf(node)) lines.push(`  n${parent} --> n${node.id}`);
    if (node.kind !== 'sink') continue;
    const next = topology.nodes.find((other) => other.kind === 'source' && other.topic === node.topic);
    if (next) lines.push(`  n${node.id} -.-> n${next.id}`);
  }
  return lines.join('\n');
}
