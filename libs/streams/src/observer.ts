/** What a running topology tells whoever runs it: for logs, metrics and readiness. All are optional and must not throw. */
export interface TopologyObserver {
  restoring?(slice: number, records: number): void;
  /** The slice reads its inputs from now on. */
  running?(slice: number): void;
  committed?(commit: {
    readonly slice: number;
    readonly consumed: number;
    readonly produced: number;
    readonly milliseconds: number;
  }): void;
  deadLetter?(slice: number, origin: string, error: Error): void;
  /** The slice instance ended by an error and will start again. */
  failed?(slice: number, error: Error, retryInMs: number): void;
  /** The slice stands still until its topology is resumed or started again. */
  paused?(slice: number, reason: string): void;
  /** The slice belongs to another member now. */
  released?(slice: number): void;
  /** The slice, which was running, reads no more. */
  stopped?(slice: number): void;
}
