import { ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import * as updateOperators from 'mingo/operators/update';
import { updateOne } from 'mingo/updater';
import { encodeValue } from './ordered-key.js';
import { checkTargets } from './update-targets.js';
import { mingoOptions } from './filter.js';
import { ServerErrorCode, refuse } from './server-errors.js';

const OPERATORS = new Set([...Object.keys(updateOperators), '$setOnInsert']);

/** An update that was found to be well formed. */
export interface UpdateExpression {
  readonly operators: Readonly<Record<string, Document>>;
  readonly onInsert: Document;
  /** An `_id` the update sets; allowed if it is the document's own. */
  readonly id: unknown;
  readonly arrayFilters: Document[];
}

const isObject = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** As the driver writes it: undefined becomes null. */
const asWritten = (fields: Document): Document =>
  Object.fromEntries(Object.entries(fields).map(([path, value]) => [path, (value as unknown) ?? null]));

const overlap = (a: string, b: string): boolean => a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);

/** A path belongs to one operator, whether there is something to insert or not. */
function checkOnInsert(onInsert: Document, operators: Readonly<Record<string, Document>>): void {
  const paths = Object.values(operators).flatMap((fields) => Object.keys(fields));
  for (const path of Object.keys(onInsert))
    if (paths.some((other) => overlap(path, other)))
      refuse(
        ServerErrorCode.ConflictingUpdateOperators,
        `Updating the path '${path}' would create a conflict at '${path}'`,
      );
}

function withoutId(fields: Document): Document {
  return Object.fromEntries(Object.entries(fields).filter(([path]) => path !== '_id'));
}

/**
 * @throws MongoServerError FailedToParse for an operator that is unknown or has no object of fields; BadValue for a
 * pipeline, which the embedded store does not run
 */
export function parseUpdate(update: unknown, arrayFilters: readonly Document[] = []): UpdateExpression {
  if (!isObject(update))
    return refuse(ServerErrorCode.BadValue, 'an update with an aggregation pipeline is not supported');
  for (const [operator, fields] of Object.entries(update)) {
    if (!OPERATORS.has(operator)) refuse(ServerErrorCode.FailedToParse, `Unknown modifier: ${operator}`);
    if (!isObject(fields))
      refuse(ServerErrorCode.FailedToParse, `Modifiers operate on fields: ${operator} needs an object`);
  }
  const { $setOnInsert = {}, ...operators } = update as Record<string, Document>;
  const id: unknown = operators.$set?._id ?? $setOnInsert._id;
  checkOnInsert(withoutId($setOnInsert), operators);
  if (operators.$set) operators.$set = asWritten(withoutId(operators.$set));
  return { operators, onInsert: asWritten(withoutId($setOnInsert)), id, arrayFilters: [...arrayFilters] };
}

function codeOf(message: string): ServerErrorCode {
  if (message.includes('immutable')) return ServerErrorCode.ImmutableField;
  if (message.includes('conflict')) return ServerErrorCode.ConflictingUpdateOperators;
  return ServerErrorCode.BadValue;
}

const isPositional = (path: string): boolean => path.endsWith('.$') || path.includes('.$.');

function modify(
  document: Document,
  filter: Document,
  operators: Record<string, Document>,
  arrayFilters: Document[],
): void {
  checkTargets(document, operators);
  const positional = Object.values(operators).some((fields) => Object.keys(fields).some(isPositional));
  try {
    updateOne([document], positional ? filter : {}, operators, { arrayFilters, cloneMode: 'deep' }, mingoOptions);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    refuse(codeOf(message), message);
  }
}

const sameId = (a: unknown, b: unknown): boolean => encodeValue(a).equals(encodeValue(b));

/** Changes a document that the filter matched, in place. @throws MongoServerError */
export function applyUpdate(document: Document, filter: Document, update: UpdateExpression): void {
  if (update.id !== undefined && !sameId(update.id, document._id))
    refuse(ServerErrorCode.ImmutableField, "the update would change the immutable field '_id'");
  modify(document, filter, update.operators, update.arrayFilters);
}

function collectSeeds(filter: Document, seeds: Document): Document {
  for (const [path, condition] of Object.entries(filter)) {
    if (path === '$and') for (const part of condition as Document[]) collectSeeds(part, seeds);
    if (path.startsWith('$')) continue;
    const operators = isObject(condition) && Object.keys(condition).some((key) => key.startsWith('$'));
    if (!operators) seeds[path] = condition as unknown;
    else if (Object.hasOwn(condition, '$eq')) seeds[path] = condition.$eq as unknown;
  }
  return seeds;
}

/** The fields that an upsert takes from its filter's equalities. */
export function seedOf(filter: Document): Document {
  const seeds = collectSeeds(filter, {});
  const document: Document = Object.hasOwn(seeds, '_id') ? { _id: seeds._id as unknown } : {};
  modify(document, {}, { $set: withoutId(seeds) }, []);
  return document;
}

/** The document that an upsert inserts. */
export function upsertedByUpdate(filter: Document, update: UpdateExpression): Document {
  const seed = seedOf(filter);
  const id: unknown = seed._id ?? update.id ?? new ObjectId();
  const document: Document = { _id: id, ...seed };
  if (update.id !== undefined && !sameId(update.id, document._id))
    refuse(ServerErrorCode.ImmutableField, "the update would change the immutable field '_id'");
  const $set: Document = { ...update.onInsert, ...update.operators.$set };
  modify(document, {}, { ...update.operators, $set }, update.arrayFilters);
  return document;
}

/** The replacement under the `_id` it belongs to. @throws MongoServerError ImmutableField if it names another */
export function replacementFor(id: unknown, replacement: Document): Document {
  if (replacement._id !== undefined && !sameId(replacement._id, id))
    refuse(ServerErrorCode.ImmutableField, "the replacement would change the immutable field '_id'");
  const document: Document = { _id: id, ...replacement };
  document._id = id;
  return document;
}
