/** What is asked of a server. It keeps nothing on disk, so there are no data to begin anew without. */
export interface RedisOptions {
  /** 0 for a free one. */
  readonly port: number;
  /** Absolute. Pid file and log. */
  readonly stateDir: string;
}

export const REDIS_DEFAULTS = { port: 6_390 } as const satisfies Omit<RedisOptions, 'stateDir'>;
