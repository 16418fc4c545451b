import type { ExpectedRevision, NewEvent, StreamMetadata, StreamName } from '../port.js';
import { EventStoreError } from '../port.js';
import type { PreparedEvent } from './event-frame.js';
import { bodySize, prepareEvent } from './event-frame.js';

const LONGEST_NAME = 1_000;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Bytes of JSON in one append, as EventStoreDB limits it by default. */
export const LARGEST_APPEND = 1024 * 1024;

/** @throws RangeError for a name no event store of ours takes: empty, over 1,000 bytes, or reserved by a leading `$`. */
export function checkStreamName(stream: StreamName): void {
  const length = Buffer.byteLength(stream);
  if (length === 0 || length > LONGEST_NAME || stream.startsWith('$')) {
    throw new RangeError(`not a stream name: ${JSON.stringify(stream.slice(0, 100))}`);
  }
}

/** @throws RangeError */
export function checkExpectedRevision(expected: ExpectedRevision): void {
  if (typeof expected !== 'number') return;
  if (!Number.isSafeInteger(expected) || expected < 0) throw new RangeError(`not a revision: ${expected}`);
}

/** @throws RangeError */
export function checkCount(name: string, count: number | undefined, least = 0): void {
  if (count === undefined || (Number.isSafeInteger(count) && count >= least)) return;
  throw new RangeError(`${name} must be a whole number from ${least} on, not ${count}`);
}

/** @throws RangeError */
export function checkMetadata({ $maxCount, $maxAge, $tb }: StreamMetadata): void {
  checkCount('$maxCount', $maxCount, 1);
  checkCount('$maxAge', $maxAge, 1);
  checkCount('$tb', $tb);
}

/** @throws EventStoreError EVENT_TOO_LARGE; RangeError for an id that is not a UUID */
export function prepareEvents(stream: StreamName, events: readonly NewEvent[]): readonly PreparedEvent[] {
  const prepared = events.map((event) => {
    if (!UUID.test(event.id)) throw new RangeError(`not a UUID: event id ${JSON.stringify(event.id)}`);
    return prepareEvent(stream, event);
  });
  const size = prepared.reduce((sum, { frame }) => sum + bodySize(frame), 0);
  if (size <= LARGEST_APPEND) return prepared;
  const message = `an append to stream ${stream} holds ${size} bytes, ${LARGEST_APPEND} are allowed`;
  throw new EventStoreError('EVENT_TOO_LARGE', message);
}
