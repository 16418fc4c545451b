import { ObjectId } from 'mongodb';
import type { Document } from 'mongodb';

interface Bound {
  readonly value: unknown;
  readonly inclusive: boolean;
}

/** What every match of a filter must satisfy on one path; used to bound a scan, never as the whole test. */
export interface PathBounds {
  equals?: unknown;
  in?: readonly unknown[];
  above?: Bound;
  below?: Bound;
}

/** Values that index keys and filters compare alike: no object, array or pattern, and not NaN. */
export const isScalar = (value: unknown): boolean =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && !Number.isNaN(value)) ||
  value instanceof Date ||
  value instanceof ObjectId;

export const isOperatorObject = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && Object.keys(value).some((key) => key.startsWith('$'));

type BoundBy = (bounds: PathBounds, value: unknown) => void;

const above =
  (inclusive: boolean): BoundBy =>
  (bounds, value) => {
    if (isScalar(value) && value !== null) bounds.above ??= { value, inclusive };
  };

const below =
  (inclusive: boolean): BoundBy =>
  (bounds, value) => {
    if (isScalar(value) && value !== null) bounds.below ??= { value, inclusive };
  };

const BOUNDS: Readonly<Record<string, BoundBy>> = {
  $eq: (bounds, value) => {
    if (isScalar(value)) bounds.equals ??= value;
  },
  $in: (bounds, value) => {
    if (Array.isArray(value) && value.every(isScalar)) bounds.in ??= value;
  },
  $gt: above(false),
  $gte: above(true),
  $lt: below(false),
  $lte: below(true),
};

function collect(filter: Document, into: Map<string, PathBounds>): void {
  for (const [path, condition] of Object.entries(filter)) {
    if (path === '$and' && Array.isArray(condition)) {
      for (const part of condition as readonly Document[]) collect(part, into);
    } else if (!path.startsWith('$')) {
      const bounds = into.get(path) ?? {};
      into.set(path, bounds);
      const operators = isOperatorObject(condition) ? condition : { $eq: condition as unknown };
      for (const [operator, value] of Object.entries(operators)) BOUNDS[operator]?.(bounds, value);
    }
  }
}

/** The bounds that a filter sets, by path; what is not said here is not bounded. */
export function boundsOf(filter: Document): ReadonlyMap<string, PathBounds> {
  const bounds = new Map<string, PathBounds>();
  collect(filter, bounds);
  return bounds;
}
