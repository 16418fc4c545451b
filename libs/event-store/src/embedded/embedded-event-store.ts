import type {
  Appended,
  EventStore,
  ExpectedRevision,
  NewEvent,
  Position,
  ReadOptions,
  RecordedEvent,
  StreamMetadata,
  StreamName,
  SubscriptionMessage,
} from '../port.js';
import { appendWrite } from './append.js';
import { storeUnavailable } from './damage.js';
import type { Engine } from './engine.js';
import { acquireEngine, lastSequenceNow } from './engine.js';
import { guardedRead } from './guarded-read.js';
import { BEFORE_ALL, toPosition } from './position.js';
import type { ReadAllOptions } from './read-all.js';
import { readAll } from './read-all.js';
import { readStream } from './read-stream.js';
import { deleteWrite, metadataWrite, tombstoneWrite } from './stream-deletion.js';
import { metadataOf } from './stream-head.js';
import type { SubscribeOptions } from './subscription.js';
import { subscribeAll } from './subscription.js';
import { systemIdentity } from '../system-identity.js';
import { readHead } from './tables.js';
import { checkCount, checkExpectedRevision, checkMetadata, checkStreamName, prepareEvents } from './validation.js';
import type { Write } from './write-queue.js';

export interface EmbeddedEventStoreOptions {
  /** Directory of the store; made when missing. */
  readonly path: string;
  /** How often other processes' events are looked for while a subscription waits, in milliseconds. Default 50. */
  readonly pollIntervalMs?: number;
}

const DEFAULT_POLL_INTERVAL_MS = 50;
const HEAD_CHANGE_BYTES = 1_024;

/**
 * An event store in a directory of this machine, on LMDB. Several processes may have it open and write at the same time.
 * Nothing is ever removed from the disk: metadata and deletion decide what `readStream` shows, `readAll` shows everything.
 *
 * @throws EventStoreError STORE_CORRUPT for a directory that holds something else or a damaged store, STORE_UNAVAILABLE
 */
export async function openEmbeddedEventStore(options: EmbeddedEventStoreOptions): Promise<EventStore> {
  const engine = await acquireEngine(options.path, options.pollIntervalMs ?? DEFAULT_POLL_INTERVAL_MS);
  return new EmbeddedEventStore(engine);
}

class EmbeddedEventStore implements EventStore {
  readonly #engine: Engine;
  #closed: Promise<void> | undefined;
  #identity: string | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async append(stream: StreamName, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    checkStreamName(stream);
    checkExpectedRevision(expected);
    const prepared = prepareEvents(stream, events);
    const bytes = prepared.reduce((sum, { frame }) => sum + frame.length, 0);
    return this.#submit(appendWrite(stream, prepared, expected), bytes);
  }

  readStream(stream: StreamName, options: ReadOptions = {}): AsyncIterable<RecordedEvent> {
    checkStreamName(stream);
    checkCount('from', options.from);
    checkCount('limit', options.limit);
    return readStream(this.#engine.tables, stream, options);
  }

  readAll(options: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    checkCount('limit', options.limit);
    return readAll(this.#engine.tables, options);
  }

  subscribeAll(options: SubscribeOptions): AsyncIterable<SubscriptionMessage> {
    return subscribeAll(this.#engine, options);
  }

  async streamMetadata(stream: StreamName): Promise<StreamMetadata> {
    checkStreamName(stream);
    const { tables } = this.#engine;
    return guardedRead(tables, () => {
      const head = readHead(tables, stream);
      return head ? metadataOf(head) : {};
    });
  }

  async setStreamMetadata(stream: StreamName, metadata: StreamMetadata): Promise<void> {
    checkStreamName(stream);
    checkMetadata(metadata);
    await this.#submit(metadataWrite(stream, metadata), HEAD_CHANGE_BYTES);
  }

  async deleteStream(stream: StreamName, expected: ExpectedRevision): Promise<void> {
    checkStreamName(stream);
    checkExpectedRevision(expected);
    await this.#submit(deleteWrite(stream, expected), HEAD_CHANGE_BYTES);
  }

  async tombstoneStream(stream: StreamName, expected: ExpectedRevision): Promise<void> {
    checkStreamName(stream);
    checkExpectedRevision(expected);
    await this.#submit(tombstoneWrite(stream, expected), HEAD_CHANGE_BYTES);
  }

  async lastPosition(): Promise<Position | undefined> {
    const sequence = lastSequenceNow(this.#engine.tables);
    return sequence === BEFORE_ALL ? undefined : toPosition(sequence);
  }

  async ping(): Promise<void> {
    lastSequenceNow(this.#engine.tables);
    this.#engine.writes.demandRoom();
  }

  async identity(): Promise<string> {
    this.#identity ??= await systemIdentity(this);
    return this.#identity;
  }

  async close(): Promise<void> {
    this.#closed ??= this.#engine.close();
    await this.#closed;
  }

  async #submit<T>(write: Write<T>, bytes: number): Promise<T> {
    const { tables, writes } = this.#engine;
    if (tables.closed.aborted) throw storeUnavailable(tables.path, 'it is closed');
    return writes.submit(write, bytes);
  }
}
