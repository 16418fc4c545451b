import type { Document } from 'mongodb';
import { Context } from 'mingo';
import * as expressionOperators from 'mingo/operators/expression';
import * as projectionOperators from 'mingo/operators/projection';
import * as queryOperators from 'mingo/operators/query';
import { Query } from 'mingo/query';
import type { Options } from 'mingo/types';
import { equalityOperators } from './equality-operators.js';
import { boundsOf, isOperatorObject, isScalar } from './filter-bounds.js';
import type { PathBounds } from './filter-bounds.js';
import { encodeId } from './ordered-key.js';
import { rangeOperators } from './range-operators.js';
import { ServerErrorCode, refuse } from './server-errors.js';

type Test = (document: Document) => boolean;

export interface CompiledFilter {
  /** The whole test. */
  readonly matches: Test;
  /** Ordered, distinct ids, if the filter names them; `matchesRest` is then all there is to test. */
  readonly ids: readonly Buffer[] | undefined;
  /** The test of everything but the named ids. */
  readonly matchesRest: Test;
  /** The top-level fields that `matchesRest` looks at, if it is no more than scalar equalities. */
  readonly restFields: readonly string[] | undefined;
  readonly bounds: ReadonlyMap<string, PathBounds>;
}

export const mingoOptions: Partial<Options> = {
  scriptEnabled: false,
  context: Context.init({
    query: { ...queryOperators, ...equalityOperators, ...rangeOperators },
    expression: expressionOperators,
    projection: projectionOperators,
  }),
};

const ALL: Test = () => true;
const NO_BOUNDS: ReadonlyMap<string, PathBounds> = new Map();

function mingoTest(filter: Document): Test {
  try {
    const query = new Query<Document>(filter, mingoOptions);
    return (document) => query.test(document);
  } catch (error) {
    return refuse(ServerErrorCode.BadValue, error instanceof Error ? error.message : String(error));
  }
}

type Condition = [path: string, value: unknown];

const isPlainEquality = ([path, value]: Condition): boolean =>
  !path.startsWith('$') &&
  !path.includes('.') &&
  (typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && !Number.isNaN(value)));

function meets(document: Document, [path, value]: Condition): boolean {
  const actual: unknown = Object.hasOwn(document, path) ? document[path] : undefined;
  return actual === value || (Array.isArray(actual) && actual.includes(value));
}

/** A filter of scalar equalities on top-level fields is compared here; anything else is mingo's. */
function compileTest(conditions: readonly Condition[]): Test {
  if (conditions.length === 0) return ALL;
  if (!conditions.every(isPlainEquality)) return mingoTest(Object.fromEntries(conditions));
  return (document) => conditions.every((condition) => meets(document, condition));
}

function idsOf(condition: unknown): readonly unknown[] | undefined {
  if (isScalar(condition)) return [condition];
  if (!isOperatorObject(condition)) return undefined;
  const operators = Object.keys(condition);
  if (operators.length !== 1) return undefined;
  if (operators[0] === '$eq') return isScalar(condition.$eq) ? [condition.$eq] : undefined;
  const list: unknown = condition.$in;
  return Array.isArray(list) && list.every(isScalar) ? list : undefined;
}

function orderedIds(ids: readonly unknown[]): readonly Buffer[] {
  const keys = ids.map(encodeId);
  if (keys.length < 2) return keys;
  keys.sort((a, b) => Buffer.compare(a, b));
  return keys.filter((key, at) => at === 0 || !key.equals(keys[at - 1] as Buffer));
}

/**
 * Compiles a MongoDB filter.
 * @throws MongoServerError BadValue for an operator that is unknown or used wrongly
 */
export function compileFilter(filter: Document): CompiledFilter {
  const conditions: readonly Condition[] = Object.entries(filter);
  const named = Object.hasOwn(filter, '_id') ? idsOf(filter._id) : undefined;
  if (named === undefined) {
    const test = compileTest(conditions);
    return { matches: test, matchesRest: test, restFields: undefined, ids: undefined, bounds: boundsOf(filter) };
  }
  const rest = conditions.filter(([path]) => path !== '_id');
  const restFields = rest.every(isPlainEquality) ? rest.map(([path]) => path) : undefined;
  let whole: Test | undefined;
  return {
    matches: (document) => (whole ??= compileTest(conditions))(document),
    matchesRest: compileTest(rest),
    restFields,
    ids: orderedIds(named),
    bounds: NO_BOUNDS,
  };
}
