import { causeOf, DiskRoom } from '@order-flow/lmdb-file';
import { EventStoreError } from '../port.js';
import { asStoreError, storeUnavailable } from './damage.js';
import type { Tables } from './tables.js';
import { lastSequence } from './tables.js';

/** What the writes of one transaction share. */
export interface WriteTransaction {
  readonly tables: Tables;
  /** Sequence the next event gets. */
  nextSequence: number;
}

/** Decides and writes synchronously, perhaps twice. A refusal is returned before anything is put: a throw undoes the whole transaction. */
export type Write<T> = (transaction: WriteTransaction) => T | EventStoreError;

interface Waiting {
  readonly write: Write<unknown>;
  readonly bytes: number;
  outcome: unknown;
  readonly settle: (outcome: unknown) => void;
}

const MOST_WRITES = 1_000;
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Group commit: writes that arrive while a transaction is being synced share the next one, so the cost of a sync is
 * divided by the number of concurrent writers.
 */
export class WriteQueue {
  readonly #tables: Tables;
  readonly #room: DiskRoom;
  readonly #committed: (lastSequence: number) => void;
  #waiting: Waiting[] = [];
  #draining: Promise<void> | undefined;
  #closed = false;

  constructor(tables: Tables, committed: (lastSequence: number) => void) {
    this.#tables = tables;
    this.#room = new DiskRoom(tables.path);
    this.#committed = committed;
  }

  /** Resolves when the write is on disk. `bytes` bounds how much one transaction holds in memory. */
  submit<T>(write: Write<T>, bytes: number): Promise<T> {
    if (this.#closed) return Promise.reject(storeUnavailable(this.#tables.path, 'it is closed'));
    return new Promise<T>((resolve, reject) => {
      const settle = (outcome: unknown): void => {
        if (outcome instanceof EventStoreError) reject(outcome);
        else resolve(outcome as T);
      };
      this.#waiting.push({ write, bytes, outcome: undefined, settle });
      this.#draining ??= this.#drain();
    });
  }

  /** @throws EventStoreError STORE_UNAVAILABLE while there is no room for writes */
  demandRoom(): void {
    try {
      this.#room.demand();
    } catch (error) {
      throw asStoreError(this.#tables.path, error);
    }
  }

  /** Resolves when the writes submitted before are done. */
  async passed(): Promise<void> {
    await this.submit(() => undefined, 0);
  }

  /** Takes no more writes; resolves when those under way are done. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#commitBatch();
    this.#draining = undefined;
  }

  async #commitBatch(): Promise<void> {
    const batch = this.#takeBatch();
    try {
      this.#room.demand();
      const last = await this.#tables.writer.decide(() => this.#run(batch));
      for (const waiting of batch) waiting.settle(waiting.outcome);
      this.#committed(last);
    } catch (error) {
      const failure = asStoreError(this.#tables.path, await causeOf(error));
      for (const waiting of batch) waiting.settle(failure);
    }
  }

  #run(batch: readonly Waiting[]): number {
    const transaction = { tables: this.#tables, nextSequence: lastSequence(this.#tables) + 1 };
    for (const waiting of batch) waiting.outcome = waiting.write(transaction);
    return transaction.nextSequence - 1;
  }

  #takeBatch(): Waiting[] {
    let count = 0;
    for (let bytes = 0; count < this.#waiting.length && count < MOST_WRITES; count += 1) {
      bytes += this.#waiting[count]?.bytes ?? 0;
      if (count > 0 && bytes > MOST_BYTES) break;
    }
    return this.#waiting.splice(0, count);
  }
}
