import type { Filter, Position, RecordedEvent } from '../port.js';
import { storeCorrupt } from './damage.js';
import { lastSequenceNow } from './engine.js';
import { decodeEvent, frameMatches } from './event-frame.js';
import { guardedRead } from './guarded-read.js';
import type { Page, Range } from './pages.js';
import { collectPage, eventsOf } from './pages.js';
import { BEFORE_ALL, fromPosition } from './position.js';
import type { Tables } from './tables.js';

export interface ReadAllOptions {
  readonly after?: Position;
  readonly direction?: 'forwards' | 'backwards';
  readonly filter?: Filter;
  readonly limit?: number;
}

/** Prefixes in the form that frames are compared with; undefined lets every event pass. */
export type Prefixes = readonly Buffer[] | undefined;

/** An empty prefix begins every name; no prefix at all begins none. */
export function prefixesOf(filter: Filter | undefined): Prefixes {
  if (!filter || filter.streamPrefixes.includes('')) return undefined;
  return filter.streamPrefixes.map((prefix) => Buffer.from(prefix));
}

/** The store as it is when reading begins: events appended meanwhile are not read. */
export async function* readAll(
  tables: Tables,
  options: ReadAllOptions,
): AsyncGenerator<RecordedEvent, void, undefined> {
  const prefixes = prefixesOf(options.filter);
  const range = wantedRange(options, lastSequenceNow(tables));
  yield* eventsOf(range, (part) => readPage(tables, part, prefixes), options.limit);
}

function wantedRange({ after, direction = 'forwards' }: ReadAllOptions, last: number): Range {
  if (direction === 'forwards') return { from: sequenceAfter(after), to: last, step: 1 };
  const from = after === undefined ? last : Math.min(fromPosition(after) - 1, last);
  return { from, to: BEFORE_ALL + 1, step: -1 };
}

/** Sequence of the first event after a position, or of the very first. */
export function sequenceAfter(position: Position | undefined): number {
  return (position === undefined ? BEFORE_ALL : fromPosition(position)) + 1;
}

export function readPage(tables: Tables, range: Range, prefixes: Prefixes): Page {
  return guardedRead(tables, () =>
    collectPage(range, (sequence, events) => {
      const frame = tables.events.getBinaryFast(sequence);
      if (!frame) throw storeCorrupt(tables.path, `event ${sequence} is missing`);
      if (prefixes && !frameMatches(frame, prefixes)) return 0;
      events.push(decodeEvent(frame, sequence));
      return frame.length;
    }),
  );
}
