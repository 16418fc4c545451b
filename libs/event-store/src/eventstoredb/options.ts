export interface EventStoreDbOptions {
  /** `esdb://[user:password@]host:port[?tls=false]`. What is logged of it are its hosts. */
  readonly url: string;
  /** How long one answer is waited for, in milliseconds. Default 10,000. */
  readonly answerMs?: number;
  /** How long one call goes on trying where that is safe, and opening does, in milliseconds. Default 30,000. */
  readonly callMs?: number;
  /** Hears each time why a subscription had to be taken up again. */
  readonly interrupted?: (error: unknown) => void;
}
