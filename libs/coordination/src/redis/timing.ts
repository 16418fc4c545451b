/** Milliseconds. */
export interface RedisTiming {
  /** Between two heartbeats of an instance, give or take a tenth; also how old a list of instances may get. */
  readonly heartbeat: number;
  /** Without a heartbeat for so long, an instance counts as gone. */
  readonly ttl: number;
  /** The longest that an instance is held though nothing is heard of it, because too many are silent. */
  readonly hold: number;
  /** The longest that a command waits for its answer; then the connection is given up. */
  readonly answer: number;
  /** The longest that a request waits for its rate limit; then it is counted here alone. */
  readonly rateAnswer: number;
  /** The longest that opening waits for the server. */
  readonly patience: number;
}

export const DEFAULT_TIMING: RedisTiming = {
  heartbeat: 5_000,
  ttl: 20_000,
  hold: 300_000,
  answer: 2_000,
  rateAnswer: 100,
  patience: 10_000,
};
