import type { AppendResult, EventData } from '@eventstore/db-client';
import type { Appended, ExpectedRevision, NewEvent, Position, StreamName } from '../port.js';
import type { AppendLane } from './append-lane.js';
import { asStoreError, failureType, isFinal, isNotDone, storeUnavailable, wrongExpectedRevision } from './failure.js';
import { tryFor } from './patience.js';
import { toPosition } from './position.js';
import { clientEvents } from './proposal.js';
import type { Reading } from './reading.js';
import { readStream } from './reading.js';

const REMEMBERED = 1_000;
const NAMES = { any: 'any', 'no-stream': 'no_stream', exists: 'stream_exists' } as const;
const BEFORE_ALL = toPosition({ commit: 0n, prepare: 0n });

/** Appends to EventStoreDB by the rules of the port. */
export class Appending {
  readonly #lane: AppendLane;
  readonly #reading: Reading;
  /** Positions answered lately, the newest last. */
  readonly #answered = new Set<Position>();
  #highest = BEFORE_ALL;

  constructor(lane: AppendLane, reading: Reading) {
    this.#lane = lane;
    this.#reading = reading;
  }

  async append(stream: StreamName, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    if (events.length === 0) return this.#check(stream, expected);
    const before = this.#highest;
    const { nextExpectedRevision, position } = await this.write(stream, clientEvents(stream, events), expected);
    if (!position) throw storeUnavailable(this.#reading.server, new Error('an append was answered without a position'));
    const answered = toPosition(position);
    const idempotent = this.#isRepetition(answered, before);
    return { revision: Number(nextExpectedRevision), position: answered, idempotent };
  }

  /**
   * An append without an answer is sent again only where the revision that is expected makes it harmless: with `any` and
   * `exists` the server knows an event again as long as it has it in memory, which is no promise.
   * @throws EventStoreError
   */
  async write(stream: StreamName, events: EventData[], expected: ExpectedRevision): Promise<AppendResult> {
    const { patience, server } = this.#reading;
    const repeatable = typeof expected === 'number' || expected === 'no-stream';
    const version = typeof expected === 'number' ? BigInt(expected) : NAMES[expected];
    const again = (error: unknown): boolean => !isFinal(error) && (repeatable || isNotDone(error));
    try {
      return await tryFor(patience.callMs, () => this.#lane.append(stream, events, version), again);
    } catch (error) {
      if (await this.#isOnlySoftlyDeleted(stream, expected, error)) {
        throw wrongExpectedRevision(stream, expected, 'no-stream');
      }
      throw asStoreError(error, { server, stream, expected });
    }
  }

  /** The server says of a soft-deleted stream that was to exist what it says of one that was deleted for ever. */
  async #isOnlySoftlyDeleted(stream: StreamName, expected: ExpectedRevision, error: unknown): Promise<boolean> {
    if (expected !== 'exists' || failureType(error) !== 'stream-deleted') return false;
    try {
      await this.#lastEvent(stream);
      return true;
    } catch {
      return false;
    }
  }

  /** An append without events writes nothing, so the stream is only looked at. */
  async #check(stream: StreamName, expected: ExpectedRevision): Promise<Appended> {
    const last = await this.#lastEvent(stream);
    const actual = last?.revision ?? 'no-stream';
    const met = expected === 'any' || (expected === 'exists' ? last !== undefined : expected === actual);
    if (!met) throw wrongExpectedRevision(stream, expected, actual);
    return { revision: last?.revision ?? -1, position: last?.position ?? BEFORE_ALL, idempotent: false };
  }

  async #lastEvent(stream: StreamName) {
    for await (const event of readStream(this.#reading, stream, { direction: 'backwards', limit: 1 })) return event;
    return undefined;
  }

  /**
   * The server does not say so. But what is new gets a position above all that were given before, and one of its own: whatever
   * does not was there already.
   */
  #isRepetition(position: Position, before: Position): boolean {
    const known = position <= before || this.#answered.has(position);
    this.#answered.add(position);
    for (const oldest of this.#answered) {
      if (this.#answered.size <= REMEMBERED) break;
      this.#answered.delete(oldest);
    }
    if (position > this.#highest) this.#highest = position;
    return known;
  }
}
