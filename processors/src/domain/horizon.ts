/** Text that sorts as the number does. @param milliseconds 0 to 9,999,999,999,999 */
export const sortable = (milliseconds: number): string =>
  String(Math.max(0, Math.floor(milliseconds))).padStart(13, '0');

/** How long a finished order is remembered, so that what arrives late is still recognised. */
export const DAY_MS = 86_400_000;
export const CLOSING_HORIZON_MS = 7 * DAY_MS;
/** How often what is past its horizon is forgotten. With {@link FORGOTTEN_AT_ONCE}, faster than orders come. */
export const FORGET_EVERY_MS = 1_000;
const FORGOTTEN_AT_ONCE = 1_000;

interface Closings {
  put(key: string, value: string): void;
  delete(key: string): void;
  range(range: { lt: string }): Iterable<readonly [string, string]>;
}

/** Notes that `key` may be forgotten once the horizon has passed after `at`. */
export const close = (closings: Closings, at: number, key: string): void => closings.put(`${sortable(at)}/${key}`, key);

/** Forgets what was closed before `now` minus the horizon, at most 1,000 keys at a time: more would hold up what comes behind. */
export function forgetClosed(closings: Closings, now: number, horizon: number, forget: (key: string) => void): void {
  let budget = FORGOTTEN_AT_ONCE;
  for (const [entry, key] of closings.range({ lt: sortable(now - horizon) })) {
    if (budget-- === 0) return;
    closings.delete(entry);
    forget(key);
  }
}
