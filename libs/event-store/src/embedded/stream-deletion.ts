import type { ExpectedRevision, StreamMetadata, StreamName } from '../port.js';
import { meetsExpectation, streamTombstoned, wrongExpectedRevision } from './expectation.js';
import type { StreamHead } from './stream-head.js';
import { metadataOf, newStreamHead, withMetadata } from './stream-head.js';
import { numberStream, putHead, readHead } from './tables.js';
import type { Write } from './write-queue.js';

export function metadataWrite(stream: StreamName, metadata: StreamMetadata): Write<undefined> {
  return changeHead(stream, 'any', (head) => withMetadata(head, metadata));
}

/** Truncates everything there is, and so leaves later appends visible. */
export function deleteWrite(stream: StreamName, expected: ExpectedRevision): Write<undefined> {
  return changeHead(stream, expected, (head) => withMetadata(head, { ...metadataOf(head), $tb: head.next }));
}

export function tombstoneWrite(stream: StreamName, expected: ExpectedRevision): Write<undefined> {
  return changeHead(stream, expected, (head) => ({ ...head, tombstoned: true }));
}

function changeHead(
  stream: StreamName,
  expected: ExpectedRevision,
  change: (head: StreamHead) => StreamHead,
): Write<undefined> {
  return ({ tables }) => {
    const head = readHead(tables, stream) ?? newStreamHead();
    if (head.tombstoned) return streamTombstoned(stream);
    if (!meetsExpectation(expected, head)) return wrongExpectedRevision(stream, expected, head);
    putHead(tables, { ...change(head), number: head.number || numberStream(tables, stream) });
    return undefined;
  };
}
