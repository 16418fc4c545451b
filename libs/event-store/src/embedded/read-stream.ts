import type { ReadOptions, RecordedEvent, StreamName } from '../port.js';
import { storeCorrupt } from './damage.js';
import { decodeEvent } from './event-frame.js';
import { streamTombstoned } from './expectation.js';
import { guardedRead } from './guarded-read.js';
import type { Page, Range } from './pages.js';
import { collectPage, eventsOf } from './pages.js';
import type { StreamHead } from './stream-head.js';
import { firstVisibleRevision, metadataOf } from './stream-head.js';
import type { Tables } from './tables.js';
import { readHead, sequenceOf } from './tables.js';

/** The stream as it is when reading begins: events appended meanwhile are not read. */
export async function* readStream(
  tables: Tables,
  stream: StreamName,
  options: ReadOptions,
): AsyncGenerator<RecordedEvent, void, undefined> {
  const head = guardedRead(tables, () => readHead(tables, stream));
  if (!head) return;
  if (head.tombstoned) throw streamTombstoned(stream);
  const oldest = oldestShown(head);
  const readPage = (range: Range): Page => guardedRead(tables, () => collect(tables, head, range, oldest));
  yield* eventsOf(visibleRange(head, options), readPage, options.limit);
}

/**
 * One page of the stream as it is now, from a revision that is included. Of a stream `$$…` only the newest event is shown:
 * it holds the metadata of another, whose earlier ones nobody asks for.
 *
 * @throws EventStoreError STREAM_TOMBSTONED
 */
export function readStreamPage(tables: Tables, stream: StreamName, from: number, step: 1 | -1): Page {
  return guardedRead(tables, () => {
    const head = readHead(tables, stream);
    if (!head) return { events: [], next: from, end: true };
    if (head.tombstoned) throw streamTombstoned(stream);
    const range = visibleRange(head, { from, direction: step === 1 ? 'forwards' : 'backwards' });
    const first = stream.startsWith('$$') ? head.next - 1 : 0;
    const shown =
      step === 1 ? { ...range, from: Math.max(range.from, first) } : { ...range, to: Math.max(range.to, first) };
    return collect(tables, head, shown, oldestShown(head));
  });
}

function oldestShown(head: StreamHead): number {
  const { $maxAge } = metadataOf(head);
  return $maxAge === undefined ? Number.NEGATIVE_INFINITY : Date.now() - $maxAge * 1000;
}

function visibleRange(head: StreamHead, { direction = 'forwards', from }: ReadOptions): Range {
  const first = firstVisibleRevision(head);
  const last = head.next - 1;
  if (direction === 'forwards') return { from: Math.max(from ?? first, first), to: last, step: 1 };
  return { from: Math.min(from ?? last, last), to: first, step: -1 };
}

function collect(tables: Tables, head: StreamHead, range: Range, oldest: number): Page {
  return collectPage(range, (revision, events) => {
    const sequence = sequenceOf(tables, head, revision) ?? 0;
    const frame = tables.events.getBinaryFast(sequence);
    if (!frame) throw storeCorrupt(tables.path, `revision ${revision} of stream ${head.number} is missing`);
    const event = decodeEvent(frame, sequence);
    if (event.created >= oldest) events.push(event);
    return frame.length;
  });
}
