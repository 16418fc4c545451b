import { setImmediate } from 'node:timers/promises';
import type { RecordedEvent } from '../port.js';

/*
 * Reads go page by page, each within one short LMDB read transaction: a long one would keep the pages it sees from being
 * used again and so make the file grow.
 */
const PAGE_EVENTS = 500;
/** Events that a page may pass over without returning them, so that a narrow filter does not hold up the process. */
const PAGE_SCANNED = 1_000;
const PAGE_BYTES = 4 * 1024 * 1024;

/** Revisions of a stream, or sequences of the store: `from` to `to`, both inclusive, upwards or downwards. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: 1 | -1;
}

export interface Page {
  readonly events: readonly RecordedEvent[];
  /** Where the next page begins. */
  readonly next: number;
  /** True when the range is exhausted. */
  readonly end: boolean;
}

/** Fills a page from the beginning of a range. `take` adds the event at a place, if it is wanted, and tells its bytes. */
export function collectPage(range: Range, take: (at: number, events: RecordedEvent[]) => number): Page {
  const { to, step } = range;
  const events: RecordedEvent[] = [];
  let at = range.from;
  let bytes = 0;
  for (let scanned = 0; (to - at) * step >= 0; scanned += 1, at += step) {
    if (events.length === PAGE_EVENTS || scanned === PAGE_SCANNED || bytes > PAGE_BYTES) {
      return { events, next: at, end: false };
    }
    bytes += take(at, events);
  }
  return { events, next: at, end: true };
}

/** The events of all pages of a range, at most `limit`. */
export async function* eventsOf(
  range: Range,
  readPage: (range: Range) => Page,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<RecordedEvent, void, undefined> {
  let left = limit;
  for (let from = range.from; left > 0;) {
    const page = readPage({ ...range, from });
    const wanted = page.events.slice(0, left);
    for (const event of wanted) yield event;
    left -= wanted.length;
    if (page.end) return;
    from = page.next;
    await otherWork();
  }
}

/** Lets timers, sockets and commits of this process have their turn between two pages. */
export async function otherWork(): Promise<void> {
  await setImmediate();
}
