import type { Appended, ExpectedRevision, StreamName } from '../port.js';
import type { PreparedEvent } from './event-frame.js';
import { decodeEvent, stampEvent } from './event-frame.js';
import { earlierStarts, meetsExpectation, streamTombstoned, wrongExpectedRevision } from './expectation.js';
import { eventIdKey, integerValue, readInteger, revisionKey } from './keys.js';
import { toPosition } from './position.js';
import type { StreamHead } from './stream-head.js';
import { newStreamHead } from './stream-head.js';
import type { Tables } from './tables.js';
import { numberStream, putHead, readHead, sequenceOf } from './tables.js';
import type { Write, WriteTransaction } from './write-queue.js';

/** The write of an append: all its events or none. */
export function appendWrite(
  stream: StreamName,
  events: readonly PreparedEvent[],
  expected: ExpectedRevision,
): Write<Appended> {
  return (transaction) => {
    const { tables } = transaction;
    const head = readHead(tables, stream) ?? newStreamHead();
    if (head.tombstoned) return streamTombstoned(stream);
    if (!meetsExpectation(expected, head)) {
      return repeated(tables, head, events, expected) ?? wrongExpectedRevision(stream, expected, head);
    }
    const earlier = earlierRevision(tables, head, events, expected);
    if (earlier !== undefined) {
      return repeatedAt(tables, head, events, earlier) ?? wrongExpectedRevision(stream, expected, head);
    }
    return write(transaction, stream, head, events);
  };
}

function write(
  transaction: WriteTransaction,
  stream: StreamName,
  known: StreamHead,
  events: readonly PreparedEvent[],
): Appended {
  if (events.length === 0) return appended(known.next - 1, known.lastSequence, false);
  const { tables } = transaction;
  const number = known.number || numberStream(tables, stream);
  const created = Date.now();
  let revision = known.next;
  for (const { id, frame } of events) {
    const sequence = transaction.nextSequence++;
    tables.writer.put(tables.events, sequence, stampEvent(frame, revision, created));
    tables.writer.put(tables.revisions, revisionKey(number, revision), integerValue(sequence));
    tables.writer.put(tables.eventIds, eventIdKey(number, id), integerValue(revision));
    revision += 1;
  }
  const lastSequence = transaction.nextSequence - 1;
  putHead(tables, { ...known, number, next: revision, lastSequence });
  return appended(revision - 1, lastSequence, false);
}

/** A revision that was asked for by name lies behind: the events there say whether this append made them. */
function repeated(
  tables: Tables,
  head: StreamHead,
  events: readonly PreparedEvent[],
  expected: ExpectedRevision,
): Appended | undefined {
  if (events.length === 0 || expected === 'exists' || expected === 'any') return undefined;
  for (const start of earlierStarts(expected, head)) {
    const answer = repeatedAt(tables, head, events, start);
    if (answer) return answer;
  }
  return undefined;
}

/** Where the first event stands already, when the expectation does not say where to look. */
function earlierRevision(
  tables: Tables,
  head: StreamHead,
  [first]: readonly PreparedEvent[],
  expected: ExpectedRevision,
): number | undefined {
  if (!first || head.next === 0 || (expected !== 'any' && expected !== 'exists')) return undefined;
  const bytes = tables.writer.get(tables.eventIds, eventIdKey(head.number, first.id));
  return bytes && readInteger(bytes);
}

function repeatedAt(
  tables: Tables,
  head: StreamHead,
  events: readonly PreparedEvent[],
  start: number,
): Appended | undefined {
  const end = start + events.length;
  if (end > head.next) return undefined;
  let sequence = 0;
  for (const [index, { id }] of events.entries()) {
    sequence = sequenceOf(tables, head, start + index) ?? 0;
    const frame = tables.writer.get(tables.events, sequence);
    if (!frame || decodeEvent(frame, sequence).id !== id) return undefined;
  }
  return appended(end - 1, sequence, true);
}

function appended(revision: number, sequence: number, idempotent: boolean): Appended {
  return { revision, position: toPosition(sequence), idempotent };
}
