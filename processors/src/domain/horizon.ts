import { advance, RunningTime } from './running-time.js';
import { sortable } from './sortable.js';

/** How long a finished order is remembered, so that what arrives late is still recognised. */
export const DAY_MS = 86_400_000;
export const CLOSING_HORIZON_MS = 7 * DAY_MS;
/** How often what is past its horizon is forgotten. With {@link FORGOTTEN_AT_ONCE}, faster than orders come. */
export const FORGET_EVERY_MS = 1_000;
const FORGOTTEN_AT_ONCE = 1_000;

/** How exactly running time is kept, at the price of a write each time. */
const CLOCK_EVERY_MS = 600_000;
/** Stands behind all entries. */
const CLOCK = '~running';

interface Closings {
  get(key: string): string | undefined;
  put(key: string, value: string): void;
  delete(key: string): void;
  range(range: { lt: string }): Iterable<readonly [string, string]>;
}

function runningTime(closings: Closings): RunningTime | undefined {
  const text = closings.get(CLOCK);
  return text === undefined ? undefined : RunningTime.parse(JSON.parse(text));
}

/** It begins at the time of day, and stands still in an outage. */
function tick(closings: Closings, now: number): RunningTime {
  const known = runningTime(closings);
  if (known && Math.abs(now - known.lastTick) < CLOCK_EVERY_MS) return known;
  const time = advance(known ?? { elapsed: now, lastTick: now }, now, 2 * CLOCK_EVERY_MS);
  closings.put(CLOCK, JSON.stringify(time));
  return time;
}

/**
 * Notes that `key` may be forgotten once the horizon has passed. That counts running time: what is closed after an outage
 * is remembered for as long as anything else, though its event is old, for what it waits for is as late.
 * @param at the event's time, for as long as no time has been running
 */
export const close = (closings: Closings, at: number, key: string): void =>
  closings.put(`${sortable(runningTime(closings)?.elapsed ?? at)}/${key}`, key);

/** Forgets what was closed more than the horizon ago, at most 1,000 keys at a time: more would hold up what comes behind. */
export function forgetClosed(closings: Closings, now: number, horizon: number, forget: (key: string) => void): void {
  const { elapsed } = tick(closings, now);
  let budget = FORGOTTEN_AT_ONCE;
  for (const [entry, key] of closings.range({ lt: sortable(elapsed - horizon) })) {
    if (budget-- === 0) return;
    closings.delete(entry);
    forget(key);
  }
}
