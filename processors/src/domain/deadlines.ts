import { z } from 'zod';
import { sortable } from './sortable.js';

/**
 * Deadlines count the time the saga was running, not the time of day: after an outage every step still has what was left
 * of its time. While an order waits, one entry `<running time>/<id>` stands for it, at the deadline of its first step or
 * later. Steps that follow do not move it: who finds it due looks at the order, and notes it anew if it may wait longer.
 */
export interface Deadlines {
  put(key: string, id: string): void;
  delete(key: string): void;
  range(range: { lt: string }): Iterable<readonly [key: string, id: string]>;
}

/** Milliseconds of running time. */
export const Wait = z.object({
  /** When the step is due. */
  until: z.number(),
  /** What the order's entry says. */
  noted: z.number(),
});
export type Wait = z.infer<typeof Wait>;

const entryOf = (noted: number, id: string): string => `${sortable(noted)}/${id}`;
/** Stands behind all entries. */
const END = '~';

/** True when something waits at all. */
export function anyWaiting(deadlines: Deadlines): boolean {
  for (const _ of deadlines.range({ lt: END })) return true;
  return false;
}

/** A step begins that is due then. @param before how the step before it waited, if there was one */
export function waitUntil(deadlines: Deadlines, id: string, until: number, before: Wait | undefined): Wait {
  if (before) return { until, noted: before.noted };
  deadlines.put(entryOf(until, id), id);
  return { until, noted: until };
}

/** Nothing is waited for any more. */
export function waitNoLonger(deadlines: Deadlines, id: string, before: Wait | undefined): void {
  if (before) deadlines.delete(entryOf(before.noted, id));
}

/** Ids whose entry is before that instant; the entries are gone then. */
export function takeDue(deadlines: Deadlines, elapsed: number): string[] {
  const due = [...deadlines.range({ lt: sortable(elapsed) })];
  for (const [key] of due) deadlines.delete(key);
  return due.map(([, id]) => id);
}
