/** The last millisecond that a Date can be (ECMA-262, section 21.4.1.1). */
const MAX_DATE = 8.64e15;
let second = NaN;
/** `2026-01-31T12:00:07.` of that second. */
let untilDot = '';

/**
 * A moment as an event's `time`: RFC 3339 in UTC with milliseconds, what `Date.prototype.toISOString` gives. Events come in
 * the order of time, so the part down to the second is mostly that of the one before.
 * @param timestamp milliseconds since the epoch
 * @throws RangeError for what is no time
 */
export function rfc3339(timestamp: number): string {
  const whole = Math.trunc(timestamp);
  const of = Math.floor(whole / 1_000);
  if (!(Math.abs(whole) <= MAX_DATE)) throw new RangeError(`${timestamp} is no time`);
  if (of !== second) {
    untilDot = new Date(of * 1_000).toISOString().slice(0, -4);
    second = of;
  }
  return `${untilDot}${String(whole - of * 1_000).padStart(3, '0')}Z`;
}
