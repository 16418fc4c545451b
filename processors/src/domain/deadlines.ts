import { sortable } from './sortable.js';

/**
 * Deadlines count the time the saga was running, not the time of day: after an outage every step still has what was left
 * of its time. A step is noted under `new/<id>`; the next tick gives it its instant, `at/<running time>/<id>`.
 */
interface Deadlines {
  put(key: string, id: string): void;
  delete(key: string): void;
  range(range: { gte: string; lt: string }): Iterable<readonly [key: string, id: string]>;
}

export const newDeadline = (id: string): string => `new/${id}`;
const END = '~';

/** True when something waits at all. */
export const anyWaiting = (deadlines: Deadlines): boolean =>
  [...first(deadlines.range({ gte: 'at/', lt: `new/${END}` }))].length > 0;

function* first<T>(items: Iterable<T>): Iterable<T> {
  for (const item of items) {
    yield item;
    return;
  }
}

/** Gives new steps their instant. Calls back with each id and the key that now stands for it. */
export function stamp(
  deadlines: Deadlines,
  elapsed: number,
  durationMs: number,
  stamped: (id: string, key: string) => void,
): void {
  for (const [key, id] of [...deadlines.range({ gte: 'new/', lt: `new/${END}` })]) {
    const at = `at/${sortable(elapsed + durationMs)}/${id}`;
    deadlines.delete(key);
    deadlines.put(at, id);
    stamped(id, at);
  }
}

/** Ids whose instant has passed; they are forgotten here. */
export function expired(deadlines: Deadlines, elapsed: number): string[] {
  const due = [...deadlines.range({ gte: 'at/', lt: `at/${sortable(elapsed)}` })];
  for (const [key] of due) deadlines.delete(key);
  return due.map(([, id]) => id);
}
