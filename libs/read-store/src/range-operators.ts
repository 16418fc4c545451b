import type { Document } from 'mongodb';
import type { Options } from 'mingo/types';
import { comparedAt } from './document-path.js';
import { encodeValue, rankOf } from './ordered-key.js';

const SURROGATE = /[\ud800-\udfff]/;

/** Strings compare by UTF-8 as on a server and in index keys; JavaScript's order differs beyond the basic plane. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

/** Order of two values of one BSON type: negative, zero or positive; NaN is below every number. */
function compareSameType(a: unknown, b: unknown): number {
  if (typeof a === 'string') return compareStrings(a, b as string);
  if (typeof a === 'number' && a < (b as number)) return -1;
  if (typeof a === 'number' && a > (b as number)) return 1;
  return Buffer.compare(encodeValue(a), encodeValue(b));
}

const isNotANumber = (value: unknown): boolean => typeof value === 'number' && Number.isNaN(value);

function holds(value: unknown, bound: unknown, accepts: (order: number) => boolean): boolean {
  if (rankOf(value) !== rankOf(bound)) return false;
  if (isNotANumber(value) !== isNotANumber(bound)) return false;
  return accepts(compareSameType(value, bound));
}

type RangeOperator = (path: string, bound: unknown, options: Options) => (document: Document) => boolean;

const rangeOperator =
  (accepts: (order: number) => boolean): RangeOperator =>
  (path, bound) => {
    const compared = comparedAt(path);
    return (document) => compared(document).some((value) => holds(value, bound, accepts));
  };

/** $gt, $gte, $lt and $lte in the order of the index keys: within one type, strings by UTF-8. */
export const rangeOperators = {
  $gt: rangeOperator((order) => order > 0),
  $gte: rangeOperator((order) => order >= 0),
  $lt: rangeOperator((order) => order < 0),
  $lte: rangeOperator((order) => order <= 0),
};
