import type { CreateIndexesOptions, Document, IndexSpecification } from 'mongodb';
import { valuesAt } from './document-path.js';
import type { PathValues } from './document-path.js';
import { MAX_KEY_BYTES, orderedKey } from './ordered-key.js';
import { ServerErrorCode, refuse } from './server-errors.js';

export type Direction = 1 | -1;
export type IndexField = readonly [path: string, direction: Direction];

/** One index as the catalog holds it. */
export interface IndexEntry {
  readonly name: string;
  readonly fields: readonly IndexField[];
  readonly unique: boolean;
  readonly keyspace: number;
  /** Whether any document had an array on one of the paths: such an index bounds one side only and gives no order. */
  readonly multikey: boolean;
  /** Kept by every writer, but not read until every older document is in it. */
  readonly building: boolean;
}

export type IndexDefinition = Pick<IndexEntry, 'name' | 'fields' | 'unique'>;

const OPTIONS = new Set(['name', 'unique', 'background']);

function direction(path: string, value: unknown): Direction {
  if (value === 1 || value === 'asc' || value === 'ascending') return 1;
  if (value === -1 || value === 'desc' || value === 'descending') return -1;
  return refuse(
    ServerErrorCode.CannotCreateIndex,
    `index direction of '${path}' must be 1 or -1, not ${JSON.stringify(value)}`,
  );
}

function pairs(specification: unknown): [string, unknown][] {
  if (typeof specification === 'string') return [[specification, 1]];
  if (specification instanceof Map) return [...(specification as Map<string, unknown>)];
  if (!Array.isArray(specification)) return Object.entries(specification as Document);
  const list = specification as readonly unknown[];
  if (list.length === 2 && typeof list[0] === 'string' && (list[1] === 1 || list[1] === -1))
    return [[list[0], list[1]]];
  return list.flatMap((part) =>
    Array.isArray(part) ? [[String(part[0]), part[1] as unknown] as [string, unknown]] : pairs(part),
  );
}

function checkPath(path: string): void {
  const bad = path.split('.').some((segment) => segment === '' || segment.startsWith('$') || /^\d+$/.test(segment));
  if (bad) refuse(ServerErrorCode.CannotCreateIndex, `'${path}' cannot be indexed: not a path of field names`);
}

/**
 * Reads the driver's forms of an index specification.
 * @throws MongoServerError CannotCreateIndex for kinds and options that the embedded store lacks
 */
export function indexDefinition(
  specification: IndexSpecification,
  options: CreateIndexesOptions = {},
): IndexDefinition {
  const fields = pairs(specification).map(([path, value]): IndexField => [path, direction(path, value)]);
  if (fields.length === 0) refuse(ServerErrorCode.CannotCreateIndex, 'an index needs at least one field');
  for (const [path] of fields) checkPath(path);
  const unknown = Object.entries(options).find(([name, value]) => value !== undefined && !OPTIONS.has(name));
  if (unknown) refuse(ServerErrorCode.CannotCreateIndex, `index option '${unknown[0]}' is not supported`);
  const name = options.name ?? fields.map(([path, way]) => `${path}_${way}`).join('_');
  return { name, fields, unique: options.unique ?? false };
}

export const keyPattern = (index: Pick<IndexEntry, 'fields'>): Document => Object.fromEntries(index.fields);

/** One index entry: its key, and for messages the values in it. */
export interface IndexKeys {
  readonly keys: readonly Buffer[];
  readonly multikey: boolean;
}

function keyOf(index: IndexEntry, values: readonly unknown[], id: Buffer): Buffer {
  const writer = orderedKey(index.keyspace);
  index.fields.forEach(([, way], at) => {
    if (values[at] === EMPTY) writer.emptyArray(way === -1);
    else writer.value(values[at], way === -1);
  });
  if (!index.unique) writer.bytes(id);
  const key = writer.finish();
  if (key.length > MAX_KEY_BYTES)
    refuse(
      ServerErrorCode.KeyTooLong,
      `index ${index.name}: a key of ${key.length} bytes, the limit is ${MAX_KEY_BYTES}`,
    );
  return key;
}

const EMPTY = Symbol('empty array');

function distinct(keys: readonly Buffer[]): Buffer[] {
  const sorted = [...keys].sort(Buffer.compare.bind(Buffer));
  return sorted.filter((key, at) => at === 0 || !key.equals(sorted[at - 1] ?? key));
}

/**
 * The keys of one document in one index, distinct and in order: one, or one for each element of an array.
 * @throws MongoServerError KeyTooLong, CannotIndexParallelArrays
 */
export function indexKeys(index: IndexEntry, document: Document, id: Buffer): IndexKeys {
  const found = index.fields.map(([path]) => valuesAt(document, path));
  const many = found.findIndex(({ multikey }) => multikey);
  if (many === -1) return { keys: [keyOf(index, firsts(found), id)], multikey: false };
  if (found.some(({ multikey }, at) => multikey && at !== many))
    refuse(ServerErrorCode.CannotIndexParallelArrays, `index ${index.name}: cannot index parallel arrays`);
  const values = found[many]?.values ?? [];
  const elements = values.length === 0 ? [EMPTY] : values;
  const keys = elements.map((element) => keyOf(index, firsts(found).with(many, element), id));
  return { keys: distinct(keys), multikey: true };
}

const firsts = (found: readonly PathValues[]): unknown[] => found.map(({ values }) => values[0]);
