/** What its holder does, others leave alone for the time being. */
export interface Lease {
  readonly name: string;
  /** Greater than every token of this name that was given out before. */
  readonly token: number;
  /** Aborted when the holder has learnt that somebody else has, or may have, taken the lease. A release is no loss. */
  readonly lost: AbortSignal;
  /** Lets the next one have it; harmless when it is lost or released already. */
  release(): Promise<void>;
}

/**
 * Chooses one of many. A lease is advice: a holder that was paused, or that cannot reach the server, may believe in it a
 * while after somebody else has it. What the holder does has to be safe by itself, by fencing at the place where it
 * writes; tokens grow with each change of holder for that.
 */
export interface Leases {
  /**
   * Resolves when the caller holds the lease, and waits for that until the signal. Each call is a holder of its own, also
   * within one process.
   * @param options.ttlMs how long a holder that is never heard of again keeps others out, the same for
   *   all who want it; default 10,000 ms
   * @throws the signal's reason
   */
  acquire(name: string, options: { readonly signal: AbortSignal; readonly ttlMs?: number }): Promise<Lease>;
}
