import type { Appended, ExpectedRevision, NewEvent, Position, StreamMetadata, StreamName } from '../port.js';
import { acquireEngine, lastSequenceNow } from './engine.js';
import type { Engine } from './engine.js';
import type { PreparedEvent } from './event-frame.js';
import { prepareEvent } from './event-frame.js';
import type { MetadataEvent } from './journal-writes.js';
import {
  isDeleted,
  journalAppendWrite,
  journalDeleteWrite,
  journalMetadataWrite,
  journalTombstoneWrite,
} from './journal-writes.js';
import type { GrowthFollower } from './growth.js';
import { guardedRead } from './guarded-read.js';
import type { Page, Range } from './pages.js';
import { prefixesOf, readPage } from './read-all.js';
import { readStreamPage } from './read-stream.js';
import { readHead } from './tables.js';
import type { Write } from './write-queue.js';

export { SOFT_DELETED } from './journal-writes.js';
export type { Page as JournalPage, Range as JournalRange } from './pages.js';

/** What is known of a stream. `next` is the revision that its next event will have. */
export interface StreamState {
  readonly is: 'missing' | 'present' | 'deleted' | 'tombstoned';
  readonly next: number;
}

/** The events by which the journal records what it does of itself; they are its user's to word. */
export interface JournalRecords {
  /** For the stream `$$<stream>`. */
  readonly metadata: (stream: StreamName, metadata: StreamMetadata) => NewEvent;
  /** The last event of a stream. */
  readonly tombstone: () => NewEvent;
}

/**
 * The embedded event store as a server for others needs it: streams of any name, metadata and deletion recorded as events,
 * sequences (1, 2, 3, … over the whole store) instead of positions, pages instead of iterators. A directory should be
 * used either through this or through `openEmbeddedEventStore`.
 */
export interface Journal {
  /** @throws EventStoreError WRONG_EXPECTED_REVISION, STREAM_TOMBSTONED, STORE_UNAVAILABLE */
  append(stream: StreamName, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended>;
  /** Appends to `$$<stream>`, and the stream is read from then on as `metadata` says: both or none. @throws like `append` */
  appendMetadata(
    stream: StreamName,
    metadata: StreamMetadata,
    events: readonly NewEvent[],
    expected: ExpectedRevision,
  ): Promise<Appended>;
  /** @throws like `append` */
  delete(stream: StreamName, expected: ExpectedRevision): Promise<Position>;
  /** @throws like `append` */
  tombstone(stream: StreamName, expected: ExpectedRevision): Promise<Position>;
  stateOf(stream: StreamName): StreamState;
  /** One page of a stream's visible events, from a revision that it includes. @throws EventStoreError STREAM_TOMBSTONED */
  streamPage(stream: StreamName, from: number, step: 1 | -1): Page;
  /** One page of all events in a range of sequences, of streams with one of the prefixes if some are given. */
  page(range: Range, streamPrefixes?: readonly string[]): Page;
  /** 0 when empty. */
  lastSequence(): number;
  /** For a reader that goes on until the signal, and tells its end. */
  follow(signal: AbortSignal): GrowthFollower;
  /** Resolves after writes under way are done. */
  close(): Promise<void>;
}

const POLL_INTERVAL_MS = 50;
const HEAD_CHANGE_BYTES = 1_024;

/** Opens the journal in a directory of this machine; made when missing. @throws EventStoreError STORE_CORRUPT, STORE_UNAVAILABLE */
export async function openJournal(path: string, records: JournalRecords): Promise<Journal> {
  return journalOf(await acquireEngine(path, POLL_INTERVAL_MS), records);
}

function journalOf(engine: Engine, records: JournalRecords): Journal {
  const { tables, writes, growth } = engine;
  const submit = <T>(write: Write<T>, events: readonly PreparedEvent[] = []): Promise<T> =>
    writes.submit(
      write,
      events.reduce((sum, { frame }) => sum + frame.length, HEAD_CHANGE_BYTES),
    );
  const metadataEvent: MetadataEvent = (stream, metadata) =>
    prepareEvent(`$$${stream}`, records.metadata(stream, metadata));
  const prepare = (stream: StreamName, events: readonly NewEvent[]): PreparedEvent[] =>
    events.map((event) => prepareEvent(stream, event));
  return {
    append: async (stream, events, expected) => {
      const prepared = prepare(stream, events);
      return submit(journalAppendWrite(stream, prepared, expected, metadataEvent), prepared);
    },
    appendMetadata: async (stream, metadata, events, expected) => {
      const prepared = prepare(`$$${stream}`, events);
      return submit(journalMetadataWrite(stream, metadata, prepared, expected), prepared);
    },
    delete: (stream, expected) => submit(journalDeleteWrite(stream, expected, metadataEvent)),
    tombstone: (stream, expected) =>
      submit(journalTombstoneWrite(stream, expected, prepareEvent(stream, records.tombstone()))),
    stateOf: (stream) => guardedRead(tables, () => stateOf(readHead(tables, stream))),
    streamPage: (stream, from, step) => readStreamPage(tables, stream, from, step),
    page: (range, streamPrefixes) => readPage(tables, range, prefixesOf(streamPrefixes && { streamPrefixes })),
    lastSequence: () => lastSequenceNow(tables),
    follow: (signal) => growth.follow(signal),
    close: () => engine.close(),
  };
}

function stateOf(head: ReturnType<typeof readHead>): StreamState {
  if (!head) return { is: 'missing', next: 0 };
  if (head.tombstoned) return { is: 'tombstoned', next: head.next };
  if (head.next === 0) return { is: 'missing', next: 0 };
  return { is: isDeleted(head) ? 'deleted' : 'present', next: head.next };
}
