import type { Appended, ExpectedRevision, Position, StreamMetadata, StreamName } from '../port.js';
import { EventStoreError } from '../port.js';
import { appendWrite } from './append.js';
import type { PreparedEvent } from './event-frame.js';
import { meetsExpectation, streamTombstoned, wrongExpectedRevision } from './expectation.js';
import type { StreamHead } from './stream-head.js';
import { metadataOf, newStreamHead, withMetadata } from './stream-head.js';
import { numberStream, putHead, readHead } from './tables.js';
import type { Write, WriteTransaction } from './write-queue.js';

/** `$tb` of a soft-deleted stream: 2^63, to which JSON rounds EventStoreDB's 2^63 - 1. */
export const SOFT_DELETED = 2 ** 63;

/** The event that records a stream's metadata, to stand in the stream `$$<name>`. */
export type MetadataEvent = (stream: StreamName, metadata: StreamMetadata) => PreparedEvent;

export function isDeleted(head: StreamHead): boolean {
  return head.next > 0 && metadataOf(head).$tb === SOFT_DELETED;
}

export function metadataStream(stream: StreamName): StreamName {
  return `$$${stream}`;
}

/** An append that makes a soft-deleted stream visible again from its first event on, and records so. */
export function journalAppendWrite(
  stream: StreamName,
  events: readonly PreparedEvent[],
  expected: ExpectedRevision,
  metadataEvent: MetadataEvent,
): Write<Appended> {
  return (transaction) => {
    const before = readHead(transaction.tables, stream);
    const deleted = before !== undefined && isDeleted(before);
    if (deleted && expected === 'exists') return streamTombstoned(stream);
    const outcome = appendWrite(stream, events, expected)(transaction);
    if (!deleted || outcome instanceof EventStoreError || outcome.idempotent || events.length === 0) return outcome;
    recordMetadata(transaction, stream, { ...metadataOf(before), $tb: before.next }, metadataEvent);
    return outcome;
  };
}

/** Appends to `$$<stream>` and has the stream keep what the newest of these events says. */
export function journalMetadataWrite(
  stream: StreamName,
  metadata: StreamMetadata,
  events: readonly PreparedEvent[],
  expected: ExpectedRevision,
): Write<Appended> {
  return (transaction) => {
    const of = readHead(transaction.tables, stream);
    if (of?.tombstoned) return streamTombstoned(metadataStream(stream));
    const outcome = appendWrite(metadataStream(stream), events, expected)(transaction);
    if (outcome instanceof EventStoreError || outcome.idempotent || events.length === 0) return outcome;
    putMetadata(transaction, stream, metadata);
    return outcome;
  };
}

/** Hides all there is; recorded as metadata. */
export function journalDeleteWrite(
  stream: StreamName,
  expected: ExpectedRevision,
  metadataEvent: MetadataEvent,
): Write<Position> {
  return (transaction) => {
    const head = readHead(transaction.tables, stream) ?? newStreamHead();
    const refusal = refusalOf(stream, head, expected);
    if (refusal) return refusal;
    return recordMetadata(transaction, stream, { ...metadataOf(head), $tb: SOFT_DELETED }, metadataEvent);
  };
}

/** Ends the stream for ever; recorded by a last event. */
export function journalTombstoneWrite(
  stream: StreamName,
  expected: ExpectedRevision,
  tombstone: PreparedEvent,
): Write<Position> {
  return (transaction) => {
    const { tables } = transaction;
    const refusal = refusalOf(stream, readHead(tables, stream) ?? newStreamHead(), expected);
    if (refusal) return refusal;
    const outcome = written(appendWrite(stream, [tombstone], 'any')(transaction));
    putHead(tables, { ...(readHead(tables, stream) ?? newStreamHead()), tombstoned: true });
    return outcome.position;
  };
}

function refusalOf(stream: StreamName, head: StreamHead, expected: ExpectedRevision): EventStoreError | undefined {
  if (head.tombstoned) return streamTombstoned(stream);
  return meetsExpectation(expected, head) ? undefined : wrongExpectedRevision(stream, expected, head);
}

function recordMetadata(
  transaction: WriteTransaction,
  stream: StreamName,
  metadata: StreamMetadata,
  metadataEvent: MetadataEvent,
): Position {
  const event = metadataEvent(stream, metadata);
  const outcome = written(appendWrite(metadataStream(stream), [event], 'any')(transaction));
  putMetadata(transaction, stream, metadata);
  return outcome.position;
}

function putMetadata({ tables }: WriteTransaction, stream: StreamName, metadata: StreamMetadata): void {
  const head = readHead(tables, stream) ?? newStreamHead();
  putHead(tables, { ...withMetadata(head, metadata), number: head.number || numberStream(tables, stream) });
}

/** Something may have been put before: only a throw undoes it. */
function written(outcome: Appended | EventStoreError): Appended {
  if (outcome instanceof EventStoreError) throw outcome;
  return outcome;
}
