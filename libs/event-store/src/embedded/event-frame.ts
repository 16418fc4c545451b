import type { EventMetadata, NewEvent, RecordedEvent, StreamName } from '../port.js';
import { toPosition } from './position.js';

/*
 * version u8 | created f64 | revision u48 | length of the stream's name u16 | name (UTF-8) | JSON [type, id, data, metadata]
 *
 * The name comes before the JSON so that a filter can pass an event over without parsing it.
 */
const VERSION = 1;
const CREATED = 1;
const REVISION = 9;
const NAME_LENGTH = 15;
const NAME = 17;

type Body = [type: string, id: string, data: unknown, metadata: EventMetadata];

/** An event that lacks only what the moment of writing decides: its revision and time. */
export interface PreparedEvent {
  readonly id: string;
  readonly frame: Buffer;
}

/** Done outside the write transaction: other writers need not wait for this one's JSON. */
export function prepareEvent(stream: StreamName, event: NewEvent): PreparedEvent {
  const id = event.id.toLowerCase();
  const body = JSON.stringify([event.type, id, event.data, event.metadata]);
  const nameLength = Buffer.byteLength(stream);
  const frame = Buffer.allocUnsafe(NAME + nameLength + Buffer.byteLength(body));
  frame[0] = VERSION;
  frame.writeUInt16BE(nameLength, NAME_LENGTH);
  frame.write(stream, NAME);
  frame.write(body, NAME + nameLength);
  return { id, frame };
}

/** Writes into the prepared frame itself. */
export function stampEvent(frame: Buffer, revision: number, created: number): Buffer {
  frame.writeDoubleBE(created, CREATED);
  frame.writeUIntBE(revision, REVISION, 6);
  return frame;
}

/** Size of the part the application gave: type, id, data and metadata. */
export function bodySize(frame: Buffer): number {
  return frame.length - NAME - frame.readUInt16BE(NAME_LENGTH);
}

export function decodeEvent(frame: Buffer, sequence: number): RecordedEvent {
  if (frame[0] !== VERSION) throw new SyntaxError(`event ${sequence} has an unknown format`);
  const nameEnd = NAME + frame.readUInt16BE(NAME_LENGTH);
  const [type, id, data, metadata] = JSON.parse(frame.toString('utf8', nameEnd, frame.length)) as Body;
  return {
    id,
    type,
    data,
    metadata,
    stream: frame.toString('utf8', NAME, nameEnd),
    revision: frame.readUIntBE(REVISION, 6),
    position: toPosition(sequence),
    created: frame.readDoubleBE(CREATED),
  };
}

/** True when the stream's name begins with one of the prefixes, each given as UTF-8 and not empty. */
export function frameMatches(frame: Buffer, prefixes: readonly Buffer[]): boolean {
  const nameEnd = NAME + frame.readUInt16BE(NAME_LENGTH);
  return prefixes.some((prefix) => {
    const end = NAME + prefix.length;
    return end <= nameEnd && prefix.compare(frame, NAME, end) === 0;
  });
}
