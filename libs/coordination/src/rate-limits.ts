/** A request that counts against its caller's limit. */
export interface RateRequest {
  readonly caller: string;
  /** In requests; may be a fraction, or 0. */
  readonly cost: number;
  /** The caller's limit. A quarter of it may come at once, so that a burst is possible and a flood is not. */
  readonly perMinute: number;
}

/** How much each caller may ask for: a token bucket per caller. */
export interface RateLimits {
  /** Takes the cost; otherwise says after how many whole seconds there will be enough. Never rejects. */
  take(request: RateRequest): Promise<'taken' | number>;
}
