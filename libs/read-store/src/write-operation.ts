import { MongoInvalidArgumentError, ObjectId } from 'mongodb';
import type { Document, Sort } from 'mongodb';
import { encodeDocument } from './document-encoding.js';
import type { EncodedDocument } from './document-writer.js';
import { compileFilter } from './filter.js';
import type { CompiledFilter } from './filter.js';
import { encodeId } from './ordered-key.js';
import type { SortFields } from './query-plan.js';
import { sortFields } from './sort-order.js';
import { parseUpdate } from './update-expression.js';
import type { UpdateExpression } from './update-expression.js';

interface Selection {
  readonly where: Document;
  readonly filter: CompiledFilter;
  readonly sort: SortFields;
  readonly many: boolean;
}

export interface Insertion {
  readonly kind: 'insert';
  readonly next: EncodedDocument;
}

export interface Replacement extends Selection {
  readonly kind: 'replace';
  readonly replacement: Document;
  /** Encoded ahead of the transaction, when the filter names the id. */
  readonly next: EncodedDocument | undefined;
  readonly upsert: boolean;
}

export interface Update extends Selection {
  readonly kind: 'update';
  readonly update: UpdateExpression;
  readonly upsert: boolean;
}

export interface Deletion extends Selection {
  readonly kind: 'delete';
}

/** A write that was checked and encoded, ready to be applied inside a transaction. */
export type WriteOperation = Insertion | Replacement | Update | Deletion;

export interface SelectionOptions {
  readonly sort?: Sort | undefined;
  readonly many?: boolean;
  readonly upsert?: boolean | undefined;
  readonly arrayFilters?: readonly Document[] | undefined;
}

const select = (where: Document, { sort, many = false }: SelectionOptions): Selection => ({
  where,
  filter: compileFilter(where),
  sort: sortFields(sort),
  many,
});

export const encoded = (document: Document): EncodedDocument => ({
  document,
  id: encodeId(document._id),
  bytes: encodeDocument(document),
});

/** Puts `_id` before the fields that are spread after it. */
const WITH_ID = { _id: undefined };

function idFirst(document: Document): Document {
  if (Object.keys(document)[0] === '_id') return document;
  const { _id: id, ...fields } = document;
  return { _id: id as unknown, ...fields };
}

/** Gives the caller's document an ObjectId if it has no `_id`, as the driver does. */
export function insertion(document: Document): Insertion {
  document._id ??= new ObjectId();
  return { kind: 'insert', next: encoded(idFirst(document)) };
}

const startsWithOperator = (document: Document): boolean => Object.keys(document)[0]?.startsWith('$') ?? false;

const isScalarId = (id: unknown): boolean => typeof id === 'string' || typeof id === 'number' || id instanceof ObjectId;

/** @throws MongoInvalidArgumentError, as the driver, for a replacement with operators */
export function replacing(where: Document, replacement: Document, options: SelectionOptions = {}): Replacement {
  if (startsWithOperator(replacement))
    throw new MongoInvalidArgumentError('Replacement document must not contain atomic operators');
  const id: unknown = where._id;
  const foreign = replacement._id !== undefined && replacement._id !== id;
  const whole = replacement._id === undefined ? { ...WITH_ID, ...replacement, _id: id } : idFirst(replacement);
  const next = isScalarId(id) && !foreign ? encoded(whole) : undefined;
  return { kind: 'replace', ...select(where, options), replacement, next, upsert: options.upsert ?? false };
}

/** @throws MongoInvalidArgumentError, as the driver, for an update without operators; MongoServerError for unknown ones */
export function updating(where: Document, update: Document, options: SelectionOptions = {}): Update {
  if (!Array.isArray(update) && !startsWithOperator(update))
    throw new MongoInvalidArgumentError('Update document requires atomic operators');
  const parsed = parseUpdate(update, options.arrayFilters);
  return { kind: 'update', ...select(where, options), update: parsed, upsert: options.upsert ?? false };
}

export const deleting = (where: Document, options: SelectionOptions = {}): Deletion => ({
  kind: 'delete',
  ...select(where, options),
});

/** Deletes one document that a scan has met, if it still matches. */
export const deletingFound = (id: Buffer, where: Document, filter: CompiledFilter): Deletion => ({
  kind: 'delete',
  where,
  filter: { ...filter, ids: [id], matchesRest: filter.matches },
  sort: [],
  many: false,
});

interface BulkModel {
  readonly filter: Document;
  readonly update: Document;
  readonly replacement: Document;
  readonly document: Document;
  readonly upsert?: boolean;
  readonly arrayFilters?: readonly Document[];
  readonly sort?: Sort;
}

const BULK: Readonly<Record<string, (model: BulkModel) => WriteOperation>> = {
  insertOne: ({ document }) => insertion(document),
  replaceOne: (model) => replacing(model.filter, model.replacement, model),
  updateOne: (model) => updating(model.filter, model.update, model),
  updateMany: (model) => updating(model.filter, model.update, { ...model, many: true }),
  deleteOne: ({ filter }) => deleting(filter),
  deleteMany: ({ filter }) => deleting(filter, { many: true }),
};

/** One operation of a bulk write. @throws MongoInvalidArgumentError for an unknown kind */
export function bulkOperation(operation: object): WriteOperation {
  const [kind, model] = (Object.entries(operation) as [string, BulkModel][])[0] ?? [];
  const prepare = kind === undefined || !Object.hasOwn(BULK, kind) ? undefined : BULK[kind];
  if (!prepare || !model)
    throw new MongoInvalidArgumentError(
      'bulkWrite only supports insertOne, updateOne, updateMany, deleteOne, deleteMany, replaceOne',
    );
  return prepare(model);
}
