import type { EventData, JSONEventData } from '@eventstore/db-client';
import { LARGEST_APPEND } from '../embedded/validation.js';
import type { NewEvent, StreamName } from '../port.js';
import { EventStoreError } from '../port.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Events as the client takes them. They are checked to be JSON here, since the client would lose what fails to become it.
 * @throws EventStoreError EVENT_TOO_LARGE; RangeError for an id that is not a UUID; TypeError for what is not JSON
 */
export function clientEvents(stream: StreamName, events: readonly NewEvent[]): EventData[] {
  let size = 0;
  const proposed = events.map(({ id, type, data, metadata }): EventData => {
    if (!UUID.test(id)) throw new RangeError(`not a UUID: event id ${JSON.stringify(id)}`);
    const value = data === undefined ? null : data;
    size += Buffer.byteLength(JSON.stringify(value)) + Buffer.byteLength(JSON.stringify(metadata)) + 2 * type.length;
    return {
      contentType: 'application/json',
      id: id.toLowerCase(),
      type,
      data: value as JSONEventData['data'],
      metadata,
    };
  });
  if (size <= LARGEST_APPEND) return proposed;
  const message = `an append to stream ${stream} holds ${size} bytes, ${LARGEST_APPEND} are allowed`;
  throw new EventStoreError('EVENT_TOO_LARGE', message);
}
