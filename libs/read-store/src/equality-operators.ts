import type { Document } from 'mongodb';
import type { Options } from 'mingo/types';
import { $all, $eq, $in, $ne, $nin } from 'mingo/operators/query';
import { comparedAt } from './document-path.js';
import { isOperatorObject } from './filter-bounds.js';
import { encodeValue } from './ordered-key.js';

const isPrimitive = (value: unknown): boolean =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);

/** Whether a value is one of the list, objects with their fields in the same order; the cost does not grow with the list. */
function membership(list: readonly unknown[]): (value: unknown) => boolean {
  const code = (value: unknown): string => encodeValue(value).toString('latin1');
  const primitives = new Set(list.filter(isPrimitive));
  const codes = new Set(list.filter((value) => !isPrimitive(value)).map(code));
  if (codes.size === 0) return (value) => primitives.has(value);
  return (value) => (isPrimitive(value) ? primitives.has(value) : codes.has(code(value)));
}

type Operator = (path: string, operand: unknown, options: Options) => (document: Document) => boolean;

const isPattern = (value: unknown): boolean => value instanceof RegExp;

function memberTest(path: string, list: readonly unknown[], wanted: boolean): (document: Document) => boolean {
  const compared = comparedAt(path);
  const isMember = membership(list);
  return (document) => compared(document).some(isMember) === wanted;
}

/** Patterns, and what is no list where there should be one, are mingo's. */
const listed =
  (mingo: Operator, wanted: boolean): Operator =>
  (path, list, options) =>
    Array.isArray(list) && !list.some(isPattern) ? memberTest(path, list, wanted) : mingo(path, list, options);

const single =
  (mingo: Operator, wanted: boolean): Operator =>
  (path, value, options) =>
    isPattern(value) ? mingo(path, value, options) : memberTest(path, [value], wanted);

const all: Operator = (path, list, options) => {
  const isPlain = Array.isArray(list) && !list.some((value) => isPattern(value) || isOperatorObject(value));
  if (!isPlain || list.length === 0) return $all(path, list, options);
  const tests = list.map((value) => memberTest(path, [value], true));
  return (document) => tests.every((test) => test(document));
};

/**
 * $eq, $ne, $in, $all and $nin as a server has them: a field that is missing is null, in each object of an array by
 * itself, and objects are equal when their fields have the same order, too.
 */
export const equalityOperators = {
  $eq: single($eq, true),
  $ne: single($ne, false),
  $in: listed($in, true),
  $nin: listed($nin, false),
  $all: all,
};
