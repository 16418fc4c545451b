import { BoundedMap } from '@order-flow/service-kit';
import type { RateLimits, RateRequest } from '../rate-limits.js';

const MAX_CALLERS = 10_000;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** What a caller may take at once, in requests. */
export const bucketSize = (perMinute: number): number => Math.max(1, Math.ceil(perMinute / 4));

/** Token buckets of one process; of very many callers, the one that came first begins anew. */
export class TokenBuckets implements RateLimits {
  readonly #buckets = new BoundedMap<string, Bucket>(MAX_CALLERS);

  /** @param now milliseconds, monotonic */
  constructor(private readonly now: () => number = () => performance.now()) {}

  async take({ caller, cost, perMinute }: RateRequest): Promise<'taken' | number> {
    const now = this.now();
    const size = bucketSize(perMinute);
    const bucket = this.#buckets.get(caller) ?? this.#add(caller, { tokens: size, filledAt: now });
    const refill = ((now - bucket.filledAt) / 60_000) * perMinute;
    bucket.tokens = Math.min(size, bucket.tokens + refill);
    bucket.filledAt = now;
    if (bucket.tokens < cost) return Math.ceil(((cost - bucket.tokens) / perMinute) * 60);
    bucket.tokens -= cost;
    return 'taken';
  }

  #add(caller: string, bucket: Bucket): Bucket {
    this.#buckets.set(caller, bucket);
    return bucket;
  }
}
