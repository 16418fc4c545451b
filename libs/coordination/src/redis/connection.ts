import { EventEmitter } from 'node:events';
import { type Backoff, backoffDelay, type Logger, sleep } from '@order-flow/service-kit';
import { CoordinationError } from '../coordination-error.js';
import type { RedisClient } from './client.js';
import {
  answered,
  causeOf,
  isNotServing,
  isRefusal,
  isUntrusted,
  NoAnswer,
  remedyFor,
  unavailable,
} from './failure.js';
import { Session } from './session.js';
import type { RedisTarget } from './target.js';

const RECONNECT: Backoff = { initial: 50, max: 2_000 };
/** A connection that lived so long was no failure to connect. */
const STABLE_MS = 10_000;
/** Beyond this many, commands are refused: memory is bounded even while the server is slow. */
const MAX_UNDER_WAY = 10_000;

export interface ConnectionOptions {
  readonly target: RedisTarget;
  /** The longest that a command waits for its answer, milliseconds. */
  readonly answerMs: number;
  /** Asks for a sign of life so often, for a connection that sends nothing by itself; milliseconds. */
  readonly pingEveryMs?: number;
  /** Told once when the server goes away, and when it is back. */
  readonly logger?: Logger;
}

/**
 * A connection that is made anew, with back-off and for ever, whenever it is lost or the server does not answer on it.
 * While there is none, commands fail at once.
 */
export class RedisConnection {
  readonly #options: ConnectionOptions;
  readonly #closing = new AbortController();
  readonly #ups = new EventEmitter().setMaxListeners(0);
  readonly #running: Promise<void>;
  #session: Session | undefined;
  #cause = 'not connected yet';
  #refusal: string | undefined;
  #told = false;
  #underWay = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** @param listener called with each new client before anybody else uses it. Returns how to stop. */
  onUp(listener: (client: RedisClient) => void): () => void {
    this.#ups.on('up', listener);
    return () => this.#ups.off('up', listener);
  }

  /** @throws CoordinationError when the server refuses us, at once, or is not there in time */
  async untilUp(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!this.#session?.up) {
      if (this.#refusal !== undefined) throw this.#refused(this.#refusal);
      if (performance.now() > deadline) throw this.#unreachable();
      await sleep(20, this.#closing.signal);
    }
  }

  /**
   * @param work sends commands and returns their outcome
   * @throws CoordinationError COORDINATION_UNAVAILABLE when there is no connection, no answer in time, or a refusal
   */
  async ask<T>(work: (client: RedisClient) => Promise<T>, withinMs = this.#options.answerMs): Promise<T> {
    const session = this.#session;
    if (!session?.up) throw this.#unavailable(this.#cause);
    if (this.#underWay >= MAX_UNDER_WAY) throw this.#unavailable(`${MAX_UNDER_WAY} commands are under way`);
    this.#underWay++;
    try {
      return await answered(work(session.client), withinMs);
    } catch (error) {
      if (error instanceof NoAnswer || isNotServing(error)) session.giveUp(error);
      throw this.#unavailable(causeOf(error));
    } finally {
      this.#underWay--;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#session?.giveUp(new Error('closed'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 1; !signal.aborted; attempt++) {
      const startedAt = performance.now();
      await this.#connectOnce().catch((error: unknown) => this.#isDown(error));
      if (performance.now() - startedAt > STABLE_MS) attempt = 1;
      await sleep(backoffDelay(attempt, RECONNECT), signal);
    }
  }

  /** @throws Error why the connection could not be made, or was lost */
  async #connectOnce(): Promise<never> {
    const { target, answerMs, pingEveryMs } = this.#options;
    const session = await Session.begin(target.url);
    this.#session = session;
    const pings = pingEveryMs && setInterval(() => void this.#ping(), pingEveryMs);
    try {
      if (this.#closing.signal.aborted) throw new Error('closed');
      await session.greet(answerMs);
      this.#isUp(session.client);
      return await session.lost;
    } finally {
      clearInterval(pings);
      session.end();
    }
  }

  #ping(): Promise<unknown> {
    return this.ask((client) => client.ping()).catch(() => undefined);
  }

  #isUp(client: RedisClient): void {
    const { logger, target } = this.#options;
    if (this.#told) logger?.info({ server: target.server }, 'Redis answers again');
    this.#told = false;
    this.#refusal = undefined;
    this.#ups.emit('up', client);
  }

  #isDown(error: unknown): void {
    const { logger, target } = this.#options;
    this.#cause = causeOf(error);
    this.#refusal = isRefusal(error) ? this.#cause : undefined;
    if (this.#told || this.#closing.signal.aborted) return;
    this.#told = true;
    logger?.warn({ server: target.server, cause: this.#cause }, 'Redis does not answer; trying again');
  }

  #unavailable(cause: string): CoordinationError {
    return unavailable(this.#options.target.server, cause);
  }

  #unreachable(): CoordinationError {
    const { server } = this.#options.target;
    return new CoordinationError(
      'COORDINATION_UNAVAILABLE',
      `Redis at ${server} does not answer (${this.#cause}); ${remedyFor(this.#cause)}`,
    );
  }

  #refused(cause: string): CoordinationError {
    const { server } = this.#options.target;
    const message = isUntrusted(cause)
      ? `Redis at ${server} cannot be trusted: ${cause}`
      : `Redis at ${server} refuses us (${cause}); correct the user, the password or the database in REDIS_URL`;
    return new CoordinationError('COORDINATION_REFUSED', message);
  }
}
