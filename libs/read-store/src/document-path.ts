import type { Document } from 'mongodb';

/** What a dotted path leads to in one document. */
export interface PathValues {
  /** Elements of an array stand for themselves; a missing field is null; empty when the path ends in an empty array. */
  readonly values: readonly unknown[];
  /** Whether an array was met on the way. */
  readonly multikey: boolean;
}

const isObject = (value: unknown): value is Document => typeof value === 'object' && value !== null;

function collect(value: unknown, segments: readonly string[], at: number, into: unknown[]): boolean {
  const segment = segments[at];
  if (Array.isArray(value)) {
    for (const element of value) collectElement(element, segments, at, into);
    return true;
  }
  if (segment === undefined) {
    into.push(value ?? null);
    return false;
  }
  return collect(isObject(value) && Object.hasOwn(value, segment) ? value[segment] : null, segments, at + 1, into);
}

function collectElement(element: unknown, segments: readonly string[], at: number, into: unknown[]): void {
  if (at === segments.length) into.push(element ?? null);
  else collect(element, segments, at, into);
}

/** The values a path leads to, through arrays, as MongoDB's indexes and sorts see them. */
export function valuesAt(document: Document, path: string): PathValues {
  if (!path.includes('.')) {
    const value: unknown = Object.hasOwn(document, path) ? document[path] : null;
    if (Array.isArray(value)) return { values: value.map((element: unknown) => element ?? null), multikey: true };
    return { values: [value ?? null], multikey: false };
  }
  const values: unknown[] = [];
  const multikey = collect(document, path.split('.'), 0, values);
  return { values, multikey };
}

const OFFSET = /^\d+$/;

function compared(value: unknown, segments: readonly string[], at: number, into: unknown[]): void {
  const segment = segments[at];
  if (segment === undefined) {
    if (Array.isArray(value)) for (const element of value) into.push(element ?? null);
    into.push(value ?? null);
  } else if (Array.isArray(value)) comparedWithin(value, segments, at, into);
  else compared(isObject(value) && Object.hasOwn(value, segment) ? value[segment] : null, segments, at + 1, into);
}

/** A number in a path is an offset into an array, or else the name of a field of its objects, as any other. */
function comparedWithin(array: readonly unknown[], segments: readonly string[], at: number, into: unknown[]): void {
  const offset = OFFSET.test(segments[at] ?? '') ? Number(segments[at]) : Infinity;
  if (offset < array.length) compared(array[offset], segments, at + 1, into);
  for (const element of array) {
    if (isObject(element) && !Array.isArray(element)) compared(element, segments, at, into);
  }
}

/**
 * The values that a filter compares: an array stands for its elements and for itself, and what it holds beside objects has
 * no fields, so none that are missing either. But for offsets into arrays, and arrays themselves, `valuesAt` has all of them.
 */
export function comparedAt(path: string): (document: Document) => readonly unknown[] {
  const segments = path.split('.');
  return (document) => {
    const values: unknown[] = [];
    compared(document, segments, 0, values);
    return values;
  };
}
