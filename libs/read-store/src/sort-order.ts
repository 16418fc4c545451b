import type { Document, Sort } from 'mongodb';
import { valuesAt } from './document-path.js';
import { encodeValue, orderedKey } from './ordered-key.js';
import { ServerErrorCode, refuse } from './server-errors.js';
import type { SortFields } from './query-plan.js';

const DIRECTIONS = new Map<unknown, 1 | -1>([
  [1, 1],
  ['1', 1],
  ['asc', 1],
  ['ascending', 1],
  [-1, -1],
  ['-1', -1],
  ['desc', -1],
  ['descending', -1],
]);

function directionOf(path: string, direction: unknown): 1 | -1 {
  const found = DIRECTIONS.get(direction);
  return (
    found ??
    refuse(ServerErrorCode.BadValue, `sort direction of '${path}' is not supported: ${JSON.stringify(direction)}`)
  );
}

function pairsOf(sort: unknown): [string, unknown][] {
  if (typeof sort === 'string') return [[sort, 1]];
  if (sort instanceof Map) return [...(sort as Map<string, unknown>)];
  if (!Array.isArray(sort)) return Object.entries(sort as Document);
  const list = sort as readonly unknown[];
  if (typeof list[0] !== 'string') return list as [string, unknown][];
  return DIRECTIONS.has(list[1]) && list.length === 2 ? [[list[0], list[1]]] : list.map((path) => [String(path), 1]);
}

/** Reads the driver's forms of a sort. @throws MongoServerError BadValue for another direction than 1 and -1 */
export function sortFields(sort: Sort | undefined | null): SortFields {
  if (sort === undefined || sort === null) return [];
  return pairsOf(sort).map(([path, direction]) => [path, directionOf(path, direction)] as const);
}

const EMPTY_ARRAY = { 1: orderedKey().emptyArray(false).finish(), [-1]: orderedKey().emptyArray(true).finish() };

/** A document's place in a sort as ordered bytes: an array counts with its least element, or its greatest if descending. */
export function sortKey(document: Document, sort: SortFields): Buffer {
  const parts = sort.map(([path, way]) => {
    const codes = valuesAt(document, path).values.map((value) => encodeValue(value, way === -1));
    return (
      codes.reduce<Buffer | undefined>(
        (least, code) => (least && Buffer.compare(least, code) <= 0 ? least : code),
        undefined,
      ) ?? EMPTY_ARRAY[way]
    );
  });
  return Buffer.concat(parts);
}
