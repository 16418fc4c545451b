import { z } from 'zod';
import { bucketSize, TokenBuckets } from '../in-process/token-buckets.js';
import type { RateLimits, RateRequest } from '../rate-limits.js';
import type { RedisConnection } from './connection.js';
import { answered } from './failure.js';
import { keys } from './keys.js';
import { takeTokens } from './scripts/rate-script.js';

/** After a failure it is not asked for so long: requests must not wait for it one after the other. */
const PAUSE_MS = 1_000;

const Seconds = z.number().int().min(0);

/** Token buckets that all instances share. While Redis is away or slow each instance counts alone, so the limit is higher. */
export class RedisRateLimits implements RateLimits {
  readonly #alone = new TokenBuckets();
  #askAgainAt = -Infinity;

  /** @param withinMs the longest that a request waits */
  constructor(
    private readonly commands: RedisConnection,
    private readonly withinMs: number,
  ) {}

  async take(request: RateRequest): Promise<'taken' | number> {
    if (performance.now() < this.#askAgainAt) return this.#alone.take(request);
    try {
      const wait = await answered(this.#takeThere(request), this.withinMs);
      return wait === 0 ? 'taken' : wait;
    } catch {
      this.#askAgainAt = performance.now() + PAUSE_MS;
      return this.#alone.take(request);
    }
  }

  async #takeThere({ caller, cost, perMinute }: RateRequest): Promise<number> {
    const args = [bucketSize(perMinute), perMinute, cost];
    return Seconds.parse(await this.commands.ask((client) => takeTokens.run(client, [keys.rate(caller)], args)));
  }
}
