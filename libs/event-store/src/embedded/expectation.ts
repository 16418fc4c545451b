import type { ExpectedRevision, StreamName } from '../port.js';
import { EventStoreError } from '../port.js';
import type { StreamHead } from './stream-head.js';
import { isSoftDeleted, metadataOf } from './stream-head.js';

/** Whether a stream is as the writer expects it. A soft-deleted stream counts as none, but keeps its last revision. */
export function meetsExpectation(expected: ExpectedRevision, head: StreamHead): boolean {
  switch (expected) {
    case 'any':
      return true;
    case 'no-stream':
      return head.next === 0 || isSoftDeleted(head);
    case 'exists':
      return head.next > 0 && !isSoftDeleted(head);
    default:
      return head.next > 0 && head.next - 1 === expected;
  }
}

/** Where the events of an append with this expectation would have begun, had it succeeded earlier. */
export function earlierStarts(expected: number | 'no-stream', head: StreamHead): readonly number[] {
  if (expected !== 'no-stream') return [expected + 1];
  return [0, metadataOf(head).$tb ?? 0];
}

export function wrongExpectedRevision(
  stream: StreamName,
  expected: ExpectedRevision,
  head: StreamHead,
): EventStoreError {
  const gone = head.next === 0 || (expected === 'exists' && isSoftDeleted(head));
  const actual = gone ? 'no-stream' : head.next - 1;
  const message = `stream ${stream} was expected at ${expected} but is at ${actual}`;
  return new EventStoreError('WRONG_EXPECTED_REVISION', message, { stream, expected, actual });
}

export function streamTombstoned(stream: StreamName): EventStoreError {
  return new EventStoreError('STREAM_TOMBSTONED', `stream ${stream} was deleted for ever`);
}
