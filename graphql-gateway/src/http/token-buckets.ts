const MAX_CALLERS = 10_000;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** What a request costs its caller. */
export const costOf = (role: string | undefined): number => (role === 'operator' ? 0.01 : 1);

/** A token bucket per caller. It holds a quarter of a minute's requests, so that a burst is possible and a flood is not. */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();
  readonly #capacity: number;

  /** @param now milliseconds, monotonic */
  constructor(
    readonly perMinute: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#capacity = Math.max(1, Math.ceil(perMinute / 4));
  }

  /**
   * Takes one; otherwise says after how many seconds there will be one.
   * @param cost of the request: operators, who act for many customers, pay a hundredth
   */
  take(caller: string, cost = 1): 'taken' | number {
    const now = this.now();
    const bucket = this.#buckets.get(caller) ?? this.#add(caller, now);
    const refill = ((now - bucket.filledAt) / 60_000) * this.perMinute;
    bucket.tokens = Math.min(this.#capacity, bucket.tokens + refill);
    bucket.filledAt = now;
    if (bucket.tokens < cost) return Math.ceil(((cost - bucket.tokens) / this.perMinute) * 60);
    bucket.tokens -= cost;
    return 'taken';
  }

  #add(caller: string, now: number): Bucket {
    if (this.#buckets.size >= MAX_CALLERS) this.#buckets.delete(this.#buckets.keys().next().value ?? '');
    const bucket = { tokens: this.#capacity, filledAt: now };
    this.#buckets.set(caller, bucket);
    return bucket;
  }
}
