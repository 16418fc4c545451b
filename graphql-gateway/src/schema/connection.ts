import type { Page } from '../read/keyset.js';

/** A page of documents as a Relay connection of schema nodes. */
export const connectionOf = <T, N>({ edges, pageInfo }: Page<T>, nodeOf: (document: T) => N) => ({
  edges: edges.map(({ cursor, node }) => ({ cursor, node: nodeOf(node) })),
  pageInfo,
});
