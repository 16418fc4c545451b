import type { ReadModelDocument } from '@order-flow/contracts';
import type { Filter, Sort } from 'mongodb';
import { invalidArgument } from '../schema/graphql-errors.js';
import type { ReadModel } from './read-model.js';

export const PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 100;

/** How a list is ordered: by one field, ties by id the other way round, which one index serves in both directions. */
export interface KeysetOrder {
  readonly field: string;
  readonly direction: 1 | -1;
}

export interface PageRequest {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

export interface Page<T> {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

type Key = readonly [value: string, id: string];

const encodeCursor = (key: Key): string => Buffer.from(JSON.stringify(key)).toString('base64url');

/** @throws GraphQLError BAD_USER_INPUT for a cursor that this gateway did not make */
function decodeCursor(cursor: string): Key {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(key) && key.length === 2 && key.every((part) => typeof part === 'string'))
      return [String(key[0]), String(key[1])];
  } catch {
    // Answered below: what does not decode is not a cursor.
  }
  throw invalidArgument('after is not a cursor of this list');
}

/** What lies behind the cursor, bounded by the ordering field so that an index range is read, never skipped over. */
function behind({ field, direction }: KeysetOrder, [value, id]: Key): object {
  const [at, past, idPast] = direction === 1 ? ['$gte', '$gt', '$lt'] : ['$lte', '$lt', '$gt'];
  if (field === '_id') return { _id: { [past]: id } };
  return { $and: [{ [field]: { [at]: value } }, { $or: [{ [field]: { [past]: value } }, { _id: { [idPast]: id } }] }] };
}

const sortOf = ({ field, direction }: KeysetOrder): Sort =>
  field === '_id' ? { _id: direction } : { [field]: direction, _id: direction === 1 ? -1 : 1 };

/** @throws GraphQLError BAD_USER_INPUT */
function pageSize(first: number | null | undefined): number {
  const size = first ?? PAGE_SIZE;
  if (size < 0 || size > MAX_PAGE_SIZE) throw invalidArgument(`first must be 0 to ${MAX_PAGE_SIZE}`);
  return size;
}

/** One page by keyset: the cost of a page does not grow with its distance from the start. @throws GraphQLError BAD_USER_INPUT */
export async function readPage<T extends ReadModelDocument>(
  model: ReadModel<T>,
  filter: object,
  order: KeysetOrder,
  request: PageRequest,
): Promise<Page<T>> {
  const size = pageSize(request.first);
  const after = request.after ? behind(order, decodeCursor(request.after)) : undefined;
  const documents = await model.documents();
  const query = (after ? { $and: [filter, after] } : filter) as Filter<T>;
  const cursor = documents
    .find(query)
    .sort(sortOf(order))
    .limit(size + 1);
  const found = (await cursor.toArray()) as unknown as T[];
  const edges = found.slice(0, size).map((node) => ({ cursor: encodeCursor(keyOf(node, order.field)), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: found.length > size,
      hasPreviousPage: after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

const keyOf = (document: ReadModelDocument, field: string): Key => [
  String((document as unknown as Record<string, unknown>)[field]),
  document._id,
];
