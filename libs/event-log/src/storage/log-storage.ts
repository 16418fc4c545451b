import type { Changes } from './changes.js';

/** Place of an entry in its table; numbers sort before text. */
export type Place = number | string;

export interface ScanRange {
  readonly from?: Place;
  /** Exclusive. */
  readonly to?: Place;
}

/**
 * What the log needs below it: ordered tables of binary values and one kind of transaction. Reads outside a transaction
 * see whole, durable transactions only.
 */
export interface LogStorage {
  get(table: string, at: Place): Buffer | undefined;
  /** Visits entries in order until `visit` answers false. Holds no snapshot after it returned. */
  scan(table: string, range: ScanRange, visit: (at: Place, value: Buffer) => boolean): void;
  /** The same with what was decided and is not durable yet. The bytes stay valid until the next look. */
  decided(table: string, at: Place): Buffer | undefined;
  /** Only inside a transaction. */
  put(table: string, at: Place, value: Buffer): void;
  /** Only inside a transaction. */
  remove(table: string, at: Place): void;
  /**
   * Runs `body` alone among the writers of all processes; resolves when its writes are durable and visible. A throw does
   * not undo puts made before it: decide first, then write.
   * @throws LogError LOG_UNAVAILABLE
   */
  transaction<Result>(body: () => Result): Promise<Result>;
  /**
   * A transaction for many writers of one process: `body` does not scan, has no other effect than its writes and result,
   * and may run twice.
   * @param show is told the result before it is durable, if what comes of it can only become durable after it. Should it
   * not become durable, `losses` grows and all listeners are told.
   * @throws LogError LOG_UNAVAILABLE
   */
  decision<Result>(body: () => Result, show?: (result: Result) => void): Promise<Result>;
  /** How often something was shown that did not become durable. */
  readonly losses: number;
  /** Whether no table has an entry. */
  isEmpty(): boolean;
  readonly changes: Changes;
  close(): Promise<void>;
}
