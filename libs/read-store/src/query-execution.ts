import type { Document } from 'mongodb';
import type { CollectionEntry } from './catalog.js';
import type { QuerySource } from './collection-access.js';
import { readPage, START } from './document-scan.js';
import type { Found, ScanPosition } from './document-scan.js';
import type { Storage } from './storage.js';
import { decodeDocument, encodeDocument } from './document-encoding.js';
import type { CompiledFilter } from './filter.js';
import { planQuery } from './query-plan.js';
import type { QueryPlan, SortFields } from './query-plan.js';
import { orderedKey } from './ordered-key.js';
import { sortKey } from './sort-order.js';
import { ServerErrorCode, refuse } from './server-errors.js';

/** Documents read in one go before others get their turn. */
const PAGE = 256;
/** As MongoDB: what a sort in memory may hold. */
export const MAX_SORT_BYTES = 100 * 1024 * 1024;

export interface Query {
  readonly filter: CompiledFilter;
  readonly sort: SortFields;
  readonly skip: number;
  /** 0 is no limit. */
  readonly limit: number;
}

/** A query that wants few documents starts with a small page. */
const larger = (size: number): number => Math.min(PAGE, size * 4);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function planOf(source: QuerySource, query: Pick<Query, 'filter' | 'sort'>): QueryPlan | undefined {
  const collection = source.catalog.collection(source.name);
  return collection && planQuery(collection, query.filter, query.sort);
}

function stillThere(source: QuerySource, planned: CollectionEntry, plan: QueryPlan): CollectionEntry {
  const collection = source.catalog.collection(source.name);
  const gone =
    collection?.keyspace !== planned.keyspace ||
    (plan.access.kind === 'index' && !hasKeyspace(collection, plan.access.index.keyspace));
  if (collection === undefined || gone)
    refuse(ServerErrorCode.QueryPlanKilled, `collection or index of ${source.name} was dropped during a query`);
  return collection;
}

const hasKeyspace = (collection: CollectionEntry, keyspace: number): boolean =>
  collection.keyspace === keyspace || collection.indexes.some((index) => index.keyspace === keyspace);

const testOf = ({ access }: QueryPlan, filter: CompiledFilter) =>
  access.kind === 'ids' ? filter.matchesRest : filter.matches;

/** How many documents there are, without reading them. */
export function countAll({ storage, catalog, name }: QuerySource): number {
  const collection = catalog.collection(name);
  if (!collection) return 0;
  const start = orderedKey(collection.keyspace).finish();
  return storage().getKeysCount({ start, end: orderedKey(collection.keyspace + 1).finish() });
}

/**
 * What a filter matches, page by page in the plan's order. Each page is one snapshot; between pages other work gets
 * its turn, and no read transaction stays open.
 */
export async function* matchingPages(
  source: QuerySource,
  { filter, sort, expected = PAGE }: Pick<Query, 'filter' | 'sort'> & { readonly expected?: number },
): AsyncGenerator<readonly Found[], void, void> {
  const planned = source.catalog.collection(source.name);
  if (!planned) return;
  const plan = planQuery(planned, filter, sort);
  const matches = testOf(plan, filter);
  let from: ScanPosition | undefined = START;
  for (let size = Math.min(expected, PAGE); from; size = larger(size)) {
    if (from !== START) await turn();
    const collection = stillThere(source, planned, plan);
    const page = readPage({ storage: source.storage(), collection }, plan.access, { from, size });
    from = page.next;
    const found = page.found.filter(({ document }) => matches(document));
    if (found.length > 0) yield found;
  }
}

/** The same inside a transaction, at once and in the plan's order. */
export function* matchesNow(
  storage: Storage,
  collection: CollectionEntry,
  filter: CompiledFilter,
  sort: SortFields = [],
): Generator<Found, void, void> {
  const plan = planQuery(collection, filter, sort);
  const matches = testOf(plan, filter);
  if (!plan.sorted) return yield* sortedNow(storage, collection, filter, sort);
  let from: ScanPosition | undefined = START;
  for (let size = 1; from; size = larger(size)) {
    const page = readPage({ storage, collection }, plan.access, { from, size });
    from = page.next;
    for (const found of page.found) if (matches(found.document)) yield found;
  }
}

function* sortedNow(
  storage: Storage,
  collection: CollectionEntry,
  filter: CompiledFilter,
  sort: SortFields,
): Generator<Found, void, void> {
  const all = [...matchesNow(storage, collection, filter)].map((found) => ({
    found,
    key: sortKey(found.document, sort),
  }));
  all.sort((a, b) => Buffer.compare(a.key, b.key));
  for (const { found } of all) yield found;
}

interface Sortable {
  readonly key: Buffer;
  readonly id: Buffer;
  readonly bytes: Buffer;
}

const bySortKey = (a: Sortable, b: Sortable): number => Buffer.compare(a.key, b.key) || Buffer.compare(a.id, b.id);
const sizeOf = (held: readonly Sortable[]): number =>
  held.reduce((sum, { key, bytes }) => sum + key.length + bytes.length, 0);

/** Keeps the first `wanted` in sort order; encoded, since that is a fraction of the objects' size. */
async function sortInMemory(source: QuerySource, query: Query): Promise<readonly Sortable[]> {
  const wanted = query.limit === 0 ? Infinity : query.skip + query.limit;
  let held: Sortable[] = [];
  let size = 0;
  const keepBest = () => {
    held.sort(bySortKey);
    if (held.length > wanted) held = held.slice(0, wanted);
    size = sizeOf(held);
  };
  for await (const page of matchingPages(source, { filter: query.filter, sort: [] })) {
    for (const { document, id } of page) {
      const sortable = { key: sortKey(document, query.sort), id, bytes: encodeDocument(document) };
      held.push(sortable);
      size += sortable.key.length + sortable.bytes.length;
    }
    if (held.length > wanted * 2 || size > MAX_SORT_BYTES) keepBest();
    if (size > MAX_SORT_BYTES)
      refuse(
        ServerErrorCode.SortMemoryExceeded,
        `sort of ${source.name} needs more than ${MAX_SORT_BYTES} bytes: add an index that gives the order, or a limit`,
      );
  }
  keepBest();
  return held.slice(query.skip);
}

async function* inMemoryOrder(source: QuerySource, query: Query): AsyncGenerator<Document[], void, void> {
  const sorted = await sortInMemory(source, query);
  for (let at = 0; at < sorted.length; at += PAGE) {
    if (at > 0) await turn();
    yield sorted.slice(at, at + PAGE).map(({ bytes }) => decodeDocument(bytes));
  }
}

async function* inPlanOrder(source: QuerySource, query: Query): AsyncGenerator<Document[], void, void> {
  let skip = query.skip;
  let left = query.limit === 0 ? Infinity : query.limit;
  for await (const page of matchingPages(source, { ...query, expected: skip + left })) {
    const documents = page.slice(skip, skip + left).map(({ document }) => document);
    skip = Math.max(0, skip - page.length);
    left -= documents.length;
    if (documents.length > 0) yield documents;
    if (left <= 0) return;
  }
}

/** A query's documents in order, in pages. @throws MongoServerError 292 when a sort without an index holds too much */
export function documentPages(source: QuerySource, query: Query): AsyncGenerator<Document[], void, void> {
  const plan = planOf(source, query);
  return plan && !plan.sorted ? inMemoryOrder(source, query) : inPlanOrder(source, query);
}
