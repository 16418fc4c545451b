import type { SoleWriter } from '@order-flow/lmdb-file';
import type { Database, RootDatabase } from 'lmdb';
import type { StreamName } from '../port.js';
import { integerValue, readInteger, revisionKey } from './keys.js';
import { decodeHead, encodeHead } from './stream-head.js';
import type { StreamHead } from './stream-head.js';

export type TableKey = number | string | Buffer;

/** The LMDB tables of one store. */
export interface Tables {
  readonly path: string;
  /** Aborted when the user of these tables has closed the store. */
  readonly closed: AbortSignal;
  readonly environment: RootDatabase<Buffer, string>;
  /** All writes go through it, and what they look at. */
  readonly writer: SoleWriter<TableKey>;
  /** Sequence (1, 2, 3, … without gaps) to event frame. */
  readonly events: Database<Buffer, number>;
  /** Name to stream number: written once a stream, so that an append changes no pages but those of recent streams. */
  readonly streams: Database<Buffer, Buffer>;
  /** Stream number to stream head. */
  readonly heads: Database<Buffer, Buffer>;
  /** Stream number and revision to sequence. */
  readonly revisions: Database<Buffer, Buffer>;
  /** Stream number and event id to revision. */
  readonly eventIds: Database<Buffer, Buffer>;
  /** Format marker and counters. */
  readonly about: Database<Buffer, string>;
  /** What was the newest sequence when it was last looked for. */
  readonly seen: { sequence: number };
}

const STREAM_COUNT = 'stream-count';

/** Sequence of the newest event, 0 in an empty store. */
export function lastSequence({ events, seen }: Tables): number {
  // Most often it is what it was, which two lookups tell sooner than one cursor. What was seen may have been given up since.
  if (seen.sequence > 0 && events.doesExist(seen.sequence) && !events.doesExist(seen.sequence + 1))
    return seen.sequence;
  for (const key of events.getKeys({ reverse: true, limit: 1 })) return (seen.sequence = key);
  return 0;
}

export function readHead(tables: Tables, stream: StreamName): StreamHead | undefined {
  const bytes = tables.writer.get(tables.streams, Buffer.from(stream));
  const number = bytes && readInteger(bytes);
  const head = number && tables.writer.get(tables.heads, integerValue(number));
  return head ? decodeHead(number, head) : undefined;
}

export function sequenceOf(tables: Tables, head: StreamHead, revision: number): number | undefined {
  const bytes = tables.writer.get(tables.revisions, revisionKey(head.number, revision));
  return bytes && readInteger(bytes);
}

export function putHead(tables: Tables, head: StreamHead): void {
  tables.writer.put(tables.heads, integerValue(head.number), encodeHead(head));
}

/** Gives a stream that is written for the first time its number, from 1 on. */
export function numberStream(tables: Tables, stream: StreamName): number {
  const count = tables.writer.get(tables.about, STREAM_COUNT);
  const number = (count ? readInteger(count) : 0) + 1;
  tables.writer.put(tables.about, STREAM_COUNT, integerValue(number));
  tables.writer.put(tables.streams, Buffer.from(stream), integerValue(number));
  return number;
}
