import type { Document } from 'mongodb';
import type { CollectionEntry } from './catalog.js';
import type { CompiledFilter } from './filter.js';
import type { PathBounds } from './filter-bounds.js';
import { keyPattern } from './index-definition.js';
import type { Direction, IndexEntry, IndexField } from './index-definition.js';
import { AFTER, encodeValue, inverted, orderedKey, rankOf } from './ordered-key.js';

/** Keys from `low` (included) to `high` (excluded). */
export interface KeyRange {
  readonly low: Buffer;
  readonly high: Buffer;
}

export type SortFields = readonly IndexField[];

export interface IndexScan {
  readonly kind: 'index';
  readonly index: IndexEntry;
  /** In the order in which they are scanned. */
  readonly ranges: readonly KeyRange[];
  readonly reverse: boolean;
  readonly bounded: boolean;
}

export interface IdReads {
  readonly kind: 'ids';
  readonly ids: readonly Buffer[];
}

export interface QueryPlan {
  readonly access: IndexScan | IdReads;
  /** Whether the documents come in the order asked for; if not they are sorted in memory. */
  readonly sorted: boolean;
}

const MAX_RANGES = 1000;
/** A point or range of one field's code; `after` means beyond every key that starts with the bytes. */
interface Edge {
  readonly bytes: Buffer;
  readonly after: boolean;
}

/** The documents themselves, which lie in order of `_id`. */
export const primaryIndex = (collection: CollectionEntry): IndexEntry => ({
  name: '_id_',
  fields: [['_id', 1]],
  unique: true,
  keyspace: collection.keyspace,
  multikey: false,
  building: false,
});

const edgeBytes = ({ bytes, after }: Edge): Buffer => (after ? Buffer.concat([bytes, Buffer.of(AFTER)]) : bytes);
const flip = ({ bytes, after }: Edge): Edge => ({ bytes: inverted(bytes), after: !after });

function lowEdge({ above, below }: PathBounds): Edge {
  if (above) return { bytes: encodeValue(above.value), after: !above.inclusive };
  return { bytes: Buffer.of(rankOf(below?.value) - 1), after: true };
}

function highEdge({ above, below }: PathBounds): Edge {
  if (below) return { bytes: encodeValue(below.value), after: below.inclusive };
  return { bytes: Buffer.of(rankOf(above?.value) + 1), after: false };
}

const isRange = (bounds: PathBounds | undefined): bounds is PathBounds =>
  bounds !== undefined && (bounds.above !== undefined || bounds.below !== undefined);

/** Two elements of an array may meet one side each, so only one side bounds a multikey scan. */
const oneSided = ({ above, below }: PathBounds): PathBounds => (above ? { above } : below ? { below } : {});

function rangeWithin(prefix: Buffer, bounds: PathBounds, way: Direction): KeyRange {
  const edges: [Edge, Edge] = [lowEdge(bounds), highEdge(bounds)];
  const [low, high] = way === 1 ? edges : [flip(edges[1]), flip(edges[0])];
  return { low: Buffer.concat([prefix, edgeBytes(low)]), high: Buffer.concat([prefix, edgeBytes(high)]) };
}

const under = (prefix: Buffer): KeyRange => ({ low: prefix, high: Buffer.concat([prefix, Buffer.of(AFTER)]) });

/** Values that a leading field may have, if the filter lists them. */
function points(bounds: PathBounds | undefined): readonly unknown[] | undefined {
  if (bounds && Object.hasOwn(bounds, 'equals')) return [bounds.equals];
  return bounds?.in;
}

interface Prefixes {
  readonly prefixes: readonly Buffer[];
  readonly fields: number;
}

function prefixesOf(index: IndexEntry, filter: CompiledFilter): Prefixes {
  let prefixes: readonly Buffer[] = [orderedKey(index.keyspace).finish()];
  let fields = 0;
  for (const [path, way] of index.fields) {
    const values = points(filter.bounds.get(path));
    if (!values || values.length * prefixes.length > MAX_RANGES) break;
    const codes = distinctCodes(values, way);
    prefixes = prefixes.flatMap((prefix) => codes.map((code) => Buffer.concat([prefix, code])));
    fields += 1;
  }
  return { prefixes, fields };
}

function distinctCodes(values: readonly unknown[], way: Direction): readonly Buffer[] {
  const codes = values.map((value) => encodeValue(value, way === -1)).sort((a, b) => Buffer.compare(a, b));
  return codes.filter((code, at) => at === 0 || !code.equals(codes[at - 1] as Buffer));
}

/** Whether scanning gives the wanted order, and in which direction; fields fixed to one value do not matter. */
function orderGiven(index: IndexEntry, fixed: number, sort: SortFields): 'forward' | 'reverse' | undefined {
  const fixedPaths = new Set(index.fields.slice(0, fixed).map(([path]) => path));
  const wanted = sort.filter(([path]) => !fixedPaths.has(path));
  const given: SortFields = [...index.fields.slice(fixed), ...(index.unique ? [] : [['_id', 1] as const])];
  const agrees = (way: 1 | -1) =>
    wanted.every(([path, direction], at) => given[at]?.[0] === path && given[at][1] * way === direction);
  if (agrees(1)) return 'forward';
  return agrees(-1) ? 'reverse' : undefined;
}

interface Candidate extends QueryPlan {
  readonly score: number;
}

function scanOf(index: IndexEntry, filter: CompiledFilter, sort: SortFields): Candidate {
  const { prefixes, fields } = prefixesOf(index, filter);
  const next = index.fields[fields];
  const bounds = next && filter.bounds.get(next[0]);
  const ranged = isRange(bounds);
  const ranges = prefixes.map((prefix) =>
    ranged ? rangeWithin(prefix, index.multikey ? oneSided(bounds) : bounds, next?.[1] ?? 1) : under(prefix),
  );
  const order = index.multikey || prefixes.length > 1 ? undefined : orderGiven(index, fields, sort);
  const sorted = sort.length === 0 || order !== undefined;
  const reverse = order === 'reverse' && sort.length > 0;
  return {
    access: {
      kind: 'index',
      index,
      ranges: reverse ? [...ranges].reverse() : ranges,
      reverse,
      bounded: fields > 0 || ranged,
    },
    sorted,
    score: fields * 10 + (ranged ? 5 : 0) + (sort.length > 0 && sorted ? 4 : 0),
  };
}

/**
 * Chooses how to find what a filter matches: reads by id; else the index whose leading fields the filter fixes best,
 * preferring one that gives the order; else all documents.
 */
export function planQuery(collection: CollectionEntry, filter: CompiledFilter, sort: SortFields): QueryPlan {
  if (filter.ids)
    return { access: { kind: 'ids', ids: filter.ids }, sorted: sort.length === 0 || filter.ids.length < 2 };
  const usable = collection.indexes.filter(({ building }) => !building);
  return [primaryIndex(collection), ...usable]
    .map((index) => scanOf(index, filter, sort))
    .reduce((best, candidate) => (candidate.score > best.score ? candidate : best));
}

function stageOf(access: IndexScan | IdReads): Document {
  if (access.kind === 'ids') return { stage: 'IDHACK', index: '_id_', reads: access.ids.length };
  const { index, reverse, bounded, ranges } = access;
  const direction = reverse ? 'backward' : 'forward';
  if (index.name === '_id_' && !bounded) return { stage: 'COLLSCAN', direction };
  return {
    stage: 'IXSCAN',
    index: index.name,
    indexName: index.name,
    keyPattern: keyPattern(index),
    isMultiKey: index.multikey,
    isUnique: index.unique,
    direction,
    ranges: ranges.length,
  };
}

/** The plan in the driver's nesting: `queryPlanner.winningPlan`, with a SORT stage above if the order is made in memory. */
export function explainPlan(collection: string, plan: QueryPlan | undefined, sort: SortFields): Document {
  const stage = plan ? stageOf(plan.access) : { stage: 'EOF' };
  const winningPlan =
    !plan || plan.sorted ? stage : { stage: 'SORT', sortPattern: Object.fromEntries(sort), inputStage: stage };
  return { queryPlanner: { namespace: collection, winningPlan } };
}
