const PREFIX = 'order-flow:';

/** Everything that is kept in Redis, by name. */
export const keys = {
  /** Hash: what an instance said of itself, and the epoch of its registration; the epoch outlives the rest a while. */
  instance: (id: string): string => `${PREFIX}directory:instance:${id}`,
  /** Sorted set of instances by the time at which their lease ends. */
  expiries: `${PREFIX}directory:expiries`,
  /** Stream of changes, bounded. */
  changes: `${PREFIX}directory:changes`,
  /** Hash: since when these data exist, when they were last looked at, until when nobody expires. */
  upkeep: `${PREFIX}directory:upkeep`,
  /** Hash: owner and token; ends with the lease. */
  lease: (name: string): string => `${PREFIX}lease:${name}`,
  /** The newest token of a lease. */
  leaseToken: (name: string): string => `${PREFIX}lease-token:${name}`,
  /** Hash: a caller's tokens and when they were counted. */
  rate: (caller: string): string => `${PREFIX}rate:${caller}`,
  /** Channel of a read model's signals. */
  signals: (model: string): string => `${PREFIX}signals:${model}`,
} as const;
