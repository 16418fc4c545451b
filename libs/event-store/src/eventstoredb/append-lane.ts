import type { AppendResult, EventData } from '@eventstore/db-client';
import type { EventStoreDBClient } from './client.js';
import { breakOff, closeClient } from './client.js';
import { isFinal } from './failure.js';
import { within } from './patience.js';

type ExpectedVersion = bigint | 'any' | 'no_stream' | 'stream_exists';

/** One connection for appends, and how many are on the way over it. */
interface Connection {
  readonly client: EventStoreDBClient;
  underWay: number;
  broken: boolean;
  /** Called when a broken connection has nothing on the way any more. */
  settled: () => void;
}

/**
 * Batch appends, over a connection of their own.
 *
 * The client keeps the answers it waits for in one place for the whole process. When a batch stream breaks, it fails all of
 * them, those of other streams too; and an answer that comes for one it has failed ends the process. So whatever fails
 * here without the server having said so ends the stream it was on at once, and the next stream begins only after all that
 * was on the way has settled: two streams of one lane are never open together.
 */
export class AppendLane {
  readonly #connect: () => EventStoreDBClient;
  readonly #answerMs: number;
  #connection: Connection | undefined;
  #replacing: Promise<void> | undefined;

  constructor(connect: () => EventStoreDBClient, answerMs: number) {
    this.#connect = connect;
    this.#answerMs = answerMs;
  }

  /** @throws the client's errors; NoAnswer */
  async append(stream: string, events: EventData[], expectedRevision: ExpectedVersion): Promise<AppendResult> {
    while (this.#replacing) await this.#replacing;
    const connection = (this.#connection ??= { client: this.#connect(), underWay: 0, broken: false, settled: noop });
    connection.underWay += 1;
    try {
      const { client } = connection;
      // The server compares a deadline with its own time of day, which may be another: patience is kept here alone.
      const options = { expectedRevision, deadline: Infinity };
      return await within(this.#answerMs, client.appendToStream(stream, events, options));
    } catch (error) {
      if (!isFinal(error)) this.#abandon(connection);
      throw error;
    } finally {
      connection.underWay -= 1;
      if (connection.underWay === 0) connection.settled();
    }
  }

  async close(): Promise<void> {
    await this.#replacing;
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection) await closeClient(connection.client);
  }

  #abandon(connection: Connection): void {
    if (connection.broken) return;
    connection.broken = true;
    const broken = breakOff(connection.client);
    const settled = new Promise<void>((resolve) => (connection.settled = resolve));
    this.#replacing = settled.then(() => {
      this.#connection = undefined;
      this.#replacing = undefined;
    });
    void broken.then(() => closeClient(connection.client));
  }
}

function noop(): void {
  // Nobody waits for a sound connection to become idle.
}
