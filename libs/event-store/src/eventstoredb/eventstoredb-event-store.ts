import { randomUUID } from 'node:crypto';
import type { EventData } from '@eventstore/db-client';
import { checkCount, checkExpectedRevision, checkMetadata, checkStreamName } from '../embedded/validation.js';
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
import { systemIdentity } from '../system-identity.js';
import { AppendLane } from './append-lane.js';
import { Appending } from './appending.js';
import type { ClientModule, EventStoreDBClient } from './client.js';
import { closeClient, loadClient } from './client.js';
import { misconfigured, serverOf } from './connection-string.js';
import { asStoreError, storeUnavailable, wrongExpectedRevision } from './failure.js';
import type { EventStoreDbOptions } from './options.js';
import { within } from './patience.js';
import type { ReadAllOptions } from './reading.js';
import { lastPosition, readAll, readStream } from './reading.js';
import type { Subscribing, SubscribeOptions } from './subscribing.js';
import { subscribeAll } from './subscribing.js';

const DEFAULT_ANSWER_MS = 10_000;
const DEFAULT_CALL_MS = 30_000;
const METADATA = '$metadata';

/** Connects, and sees that the server answers and lets us in. @throws EventStoreError STORE_UNAVAILABLE, STORE_REFUSED */
export async function connectEventStoreDb(options: EventStoreDbOptions): Promise<EventStore> {
  const server = serverOf(options.url);
  const module = await loadClient();
  const answerMs = options.answerMs ?? DEFAULT_ANSWER_MS;
  const connect = (): EventStoreDBClient => newClient(module, options.url);
  const to: Subscribing = {
    module,
    client: connect(),
    server,
    patience: { answerMs, callMs: options.callMs ?? DEFAULT_CALL_MS },
    interrupted: options.interrupted ?? (() => undefined),
  };
  try {
    await lastPosition(to);
  } catch (error) {
    await closeClient(to.client);
    const failure = asStoreError(error, to);
    if (failure.code !== 'STORE_UNAVAILABLE') throw failure;
    throw storeUnavailable(server, `${causeOf(failure)}: start it, or correct EVENT_STORE_URL; is tls right there?`);
  }
  return new EventStoreDbEventStore(to, new AppendLane(connect, answerMs));
}

function causeOf({ cause, message }: Error): string {
  // OpenSSL's words end a line, behind which the remedy would be lost
  const [words = ''] = (cause instanceof Error ? cause.message : message).split('\n', 1);
  // gRPC announces a note even where there is none
  return words.replace(/\.? *Resolution note: *$/, '').replace(/[:.]+$/, '');
}

/** The client's own words about a connection string repeat it, with the password. */
function newClient({ EventStoreDBClient: Client }: ClientModule, url: string): EventStoreDBClient {
  try {
    return Client.connectionString(url);
  } catch {
    throw misconfigured('the client cannot read its options or the files that they name');
  }
}

class EventStoreDbEventStore implements EventStore {
  readonly #to: Subscribing;
  readonly #lane: AppendLane;
  readonly #appending: Appending;
  #closed: Promise<void> | undefined;
  #identity: string | undefined;

  constructor(to: Subscribing, lane: AppendLane) {
    this.#to = to;
    this.#lane = lane;
    this.#appending = new Appending(lane, to);
  }

  async append(stream: StreamName, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    checkStreamName(stream);
    checkExpectedRevision(expected);
    this.#checkOpen();
    return this.#appending.append(stream, events, expected);
  }

  readStream(stream: StreamName, options: ReadOptions = {}): AsyncIterable<RecordedEvent> {
    checkStreamName(stream);
    checkCount('from', options.from);
    checkCount('limit', options.limit);
    this.#checkOpen();
    return readStream(this.#to, stream, options);
  }

  readAll(options: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    checkCount('limit', options.limit);
    this.#checkOpen();
    return readAll(this.#to, options);
  }

  subscribeAll(options: SubscribeOptions): AsyncIterable<SubscriptionMessage> {
    this.#checkOpen();
    return subscribeAll(this.#to, options);
  }

  async streamMetadata(stream: StreamName): Promise<StreamMetadata> {
    checkStreamName(stream);
    this.#checkOpen();
    const newest = readStream(this.#to, `$$${stream}`, { direction: 'backwards', limit: 1 });
    for await (const { data } of newest) return data as StreamMetadata;
    return {};
  }

  async setStreamMetadata(stream: StreamName, metadata: StreamMetadata): Promise<void> {
    checkStreamName(stream);
    checkMetadata(metadata);
    this.#checkOpen();
    const event: EventData = {
      contentType: 'application/json',
      id: randomUUID(),
      type: METADATA,
      data: { ...metadata },
      metadata: undefined,
    };
    await this.#appending.write(`$$${stream}`, [event], 'any');
  }

  async deleteStream(stream: StreamName, expected: ExpectedRevision): Promise<void> {
    await this.#remove(stream, expected, (client, expectedRevision) =>
      client.deleteStream(stream, { expectedRevision }),
    );
  }

  async tombstoneStream(stream: StreamName, expected: ExpectedRevision): Promise<void> {
    await this.#remove(stream, expected, (client, expectedRevision) =>
      client.tombstoneStream(stream, { expectedRevision }),
    );
  }

  async lastPosition(): Promise<Position | undefined> {
    this.#checkOpen();
    return lastPosition(this.#to);
  }

  async ping(): Promise<void> {
    this.#checkOpen();
    const { answerMs } = this.#to.patience;
    await lastPosition({ ...this.#to, patience: { answerMs, callMs: 0 } });
  }

  async identity(): Promise<string> {
    this.#identity ??= await systemIdentity(this);
    return this.#identity;
  }

  async close(): Promise<void> {
    this.#closed ??= Promise.all([this.#lane.close(), closeClient(this.#to.client)]).then(() => undefined);
    await this.#closed;
  }

  /** The client cannot ask a deletion to find the stream there, so that is asked before. */
  async #remove(
    stream: StreamName,
    expected: ExpectedRevision,
    remove: (client: EventStoreDBClient, expected: bigint | 'any' | 'no_stream') => Promise<unknown>,
  ): Promise<void> {
    checkStreamName(stream);
    checkExpectedRevision(expected);
    this.#checkOpen();
    const { client, patience, server } = this.#to;
    let version: bigint | 'any' | 'no_stream' = expected === 'no-stream' ? 'no_stream' : 'any';
    if (typeof expected === 'number') version = BigInt(expected);
    if (expected === 'exists' && !(await this.#isThere(stream))) {
      throw wrongExpectedRevision(stream, expected, 'no-stream');
    }
    await within(patience.answerMs, remove(client, version)).catch((error: unknown) => {
      throw asStoreError(error, { server, stream, expected });
    });
  }

  async #isThere(stream: StreamName): Promise<boolean> {
    for await (const _event of readStream(this.#to, stream, { direction: 'backwards', limit: 1 })) return true;
    return false;
  }

  #checkOpen(): void {
    if (this.#closed) throw storeUnavailable(this.#to.server, 'it is closed');
  }
}
