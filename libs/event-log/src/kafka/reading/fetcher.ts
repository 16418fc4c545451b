import { Attention } from '../../attention.js';
import type { Demand, LogError } from '../../port.js';
import type { KafkaConnection } from '../connection.js';
import { answerOf, isPassing, logErrorOf } from '../protocol/failures.js';
import { type FetchedPartition, fetchRequest } from '../protocol/fetch-request.js';
import { createErrorFromCode } from '../protocol/kafkajs-internals.js';
import { pause, waitBefore } from '../protocol/persistence.js';
import { outOfRange, type PartitionCursor } from './partition-cursor.js';
import { END, FIRST, offsetsAt } from './partition-ranges.js';

const FETCH = {
  /** Milliseconds a broker holds a request while it has nothing. */
  maxWait: 500,
  maxBytes: 2 * 1024 * 1024,
  maxPartitionBytes: 1024 * 1024,
};
/** Encoded bytes of a broker's partitions that wait to be handed out, below which more are fetched. */
const ENOUGH = 1024 * 1024;

/**
 * Keeps cursors supplied: at most one request per leader, asked while earlier answers are being handed out, and none while
 * enough waits. Where a leader is away or has changed it asks again, for ever.
 */
export class Fetcher {
  readonly attention = new Attention();
  /** Those that were served last come last, so that full answers leave nobody out for long. */
  readonly #turns: Set<PartitionCursor>;
  readonly #asking = new Set<string>();
  /** Those whose leader must be found anew. */
  readonly #displaced = new Set<PartitionCursor>();
  #searching = false;
  #attempts = 1;
  #failure: LogError | undefined;
  private readonly signal: AbortSignal;
  readonly #demand: Demand | undefined;

  constructor(
    private readonly connection: KafkaConnection,
    cursors: readonly PartitionCursor[],
    options: { readonly signal: AbortSignal; readonly demand?: Demand | undefined },
  ) {
    this.#turns = new Set(cursors);
    this.signal = options.signal;
    this.#demand = options.demand;
  }

  /** Asks leaders for more where it is time. @throws LogError what ended the fetching */
  pump(): void {
    if (this.#failure) throw this.#failure;
    if (this.signal.aborted) return;
    for (const [leader, cursors] of this.#idleLeaders()) {
      let bytes = 0;
      for (const cursor of cursors) bytes += cursor.bytes;
      const open = cursors.filter((cursor) => cursor.fetchOffset < cursor.stop && !cursor.fetching);
      // What is waited for must not wait until others, who have enough, are handed out.
      const wanted =
        bytes < ENOUGH ? open : open.filter(({ hasBatches, topic }) => !hasBatches && this.#demand?.lacks(topic));
      if (wanted.length > 0) void this.#fetch(leader, wanted);
    }
    if (this.#displaced.size > 0) void this.#search();
  }

  #idleLeaders(): Map<string, PartitionCursor[]> {
    const idle = new Map<string, PartitionCursor[]>();
    for (const cursor of this.#turns) {
      if (this.#displaced.has(cursor)) continue;
      if (cursor.partition >= this.connection.partitionCount(cursor.topic)) {
        // A broker that has just come back may not know of every topic yet.
        this.#displaced.add(cursor);
        continue;
      }
      const leader = this.connection.leaderOf(cursor);
      if (this.#asking.has(leader)) continue;
      const same = idle.get(leader);
      if (same) same.push(cursor);
      else idle.set(leader, [cursor]);
    }
    return idle;
  }

  async #fetch(leader: string, cursors: readonly PartitionCursor[]): Promise<void> {
    this.#asking.add(leader);
    for (const cursor of cursors) cursor.fetching = true;
    try {
      const broker = await this.connection.node(leader);
      const from = cursors.map(({ topic, partition, fetchOffset }) => ({ topic, partition, offset: fetchOffset }));
      const answer = await this.connection.send(broker, fetchRequest(from, FETCH));
      if (answer.errorCode !== 0) throw createErrorFromCode(answer.errorCode);
      for (const partition of answer.partitions) await this.#receive(partition, cursors);
    } catch (error) {
      if (isPassing(error)) for (const cursor of cursors) this.#displaced.add(cursor);
      else this.#failure = logErrorOf(error, 'fetching');
    } finally {
      for (const cursor of cursors) cursor.fetching = false;
      this.#asking.delete(leader);
      if (this.#displaced.size > 0) void this.#search();
      this.attention.notify();
    }
  }

  async #receive(fetched: FetchedPartition, cursors: readonly PartitionCursor[]): Promise<void> {
    const cursor = cursors.find(({ topic, partition }) => topic === fetched.topic && partition === fetched.partition);
    if (!cursor) return;
    if (fetched.errorCode === 0) {
      this.#attempts = 1;
      if (!cursor.accept(fetched)) return;
      this.#turns.delete(cursor);
      this.#turns.add(cursor);
      return;
    }
    const error = createErrorFromCode(fetched.errorCode);
    if (answerOf(error) === 'OFFSET_OUT_OF_RANGE') await this.#checkRange(cursor);
    else if (!isPassing(error)) throw error;
    this.#displaced.add(cursor);
  }

  /** A new leader may refuse an offset for a moment; records that were deleted or lost do not come back. */
  async #checkRange(cursor: PartitionCursor): Promise<void> {
    const how = { signal: this.signal };
    const [begin] = await offsetsAt(this.connection, [cursor], FIRST, how);
    const [end] = await offsetsAt(this.connection, [cursor], END, how);
    const { topic, partition, fetchOffset: offset } = cursor;
    if (!begin || !end || (offset >= begin.offset && offset <= end.offset)) return;
    throw outOfRange({ topic, partition, offset }, begin.offset, end.offset);
  }

  async #search(): Promise<void> {
    if (this.#searching) return;
    this.#searching = true;
    try {
      while (!this.signal.aborted && this.#displaced.size > 0) {
        await pause(waitBefore(++this.#attempts, 20, 1_000), this.signal);
        if (await this.#refreshed()) this.#displaced.clear();
      }
    } finally {
      this.#searching = false;
      this.attention.notify();
    }
  }

  async #refreshed(): Promise<boolean> {
    try {
      await this.connection.refresh();
      return true;
    } catch (error) {
      if (isPassing(error)) return false;
      this.#failure = logErrorOf(error, 'fetching');
      return true;
    }
  }
}
