import { randomInt } from 'node:crypto';

/** A database of lmdb's, as far as it is needed here. */
export interface Table<Key> {
  getBinaryFast(key: Key): Buffer | undefined;
  put(key: Key, value: Buffer): Promise<boolean>;
  remove(key: Key): Promise<boolean>;
}

/** The environment's main database. */
export interface MainTable<Key> extends Table<Key> {
  ifVersion(key: Key, version: number, puts: () => void): Promise<boolean>;
  childTransaction<Result>(body: () => Result): Promise<Result>;
}

/**
 * Options of an environment whose commits are on disk before they are visible. A failed commit of groups that lmdb-js makes
 * itself rejects a promise that nobody holds, and so would end the process.
 */
export const SHARED_ENVIRONMENT = { overlappingSync: false, eventTurnBatching: false, txnStartThreshold: 1 } as const;

/** Milliseconds without writes of other processes after which this one takes itself for the only writer again. */
const QUIET_MS = 200;
/** Own numbers begin anywhere below this, times a million, so that no two processes count alike. */
const BEGINNINGS = 2 ** 31;
const APART = 2 ** 20;

interface Put<Key> {
  readonly key: Key;
  /** Absent for a removal. */
  readonly value: Buffer | undefined;
}

/** What transactions decided that go to the disk together: the last put of each key, by the key's text. */
class Batch<Key> {
  readonly tables = new Map<Table<Key>, Map<string, Put<Key>>>();
  readonly done: Promise<boolean>;
  /** @param carriedOut whether it is on disk; if not, its transactions are to be decided again */
  resolve!: (carriedOut: boolean) => void;
  reject!: (error: unknown) => void;

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Those who wait are told.
    this.done.catch(() => undefined);
  }

  find(table: Table<Key>, text: string): Put<Key> | undefined {
    return this.tables.get(table)?.get(text);
  }

  of(table: Table<Key>): Map<string, Put<Key>> {
    let puts = this.tables.get(table);
    if (!puts) this.tables.set(table, (puts = new Map()));
    return puts;
  }
}

/**
 * Transactions of an LMDB environment that several processes may write, which most often one does alone. As long as it
 * does, a transaction is decided on this thread as soon as it is asked for, reading what earlier ones put, and LMDB gets
 * a list of puts. What is decided while one list is on its way to the disk goes together with the next.
 *
 * A record holds a number that every transaction which writes changes. A list of puts is carried out only if the record
 * still holds the number that the one before it left. If not, another process has written, or the list before failed,
 * and its transactions are decided again, with LMDB's write lock held (optimistic concurrency control with backward
 * validation, Kung and Robinson, 1981, with one record for all of the environment). After that all transactions take the
 * lock, until the others were quiet for a while.
 */
export class SoleWriter<Key> {
  readonly #root: MainTable<Key>;
  readonly #record: Key;
  readonly #textOf: (key: Key) => string;
  /** Decided, and yet to be handed to LMDB. */
  #open: Batch<Key> | undefined;
  #onItsWay: Batch<Key> | undefined;
  #isScheduled = false;
  /** What undoes the puts of the body that runs ahead. */
  #undo: (() => void)[] | undefined;
  /** Within LMDB's write lock, whether the body that runs has written. */
  #wrote = false;
  /** The number that the record holds when all transactions of this process are done; none before the first. */
  #left = Number.NaN;
  /** The first of the numbers since this process found another's. */
  #first = Number.NaN;
  #isSole = false;
  /** Transactions that wait for the write lock or hold it. */
  #locking = 0;
  /** The last number of another process that was seen, and when. */
  #foreign = Number.NaN;
  #foreignAt = -Infinity;
  #foreignCount = 0;

  /**
   * @param record key of the record, in the environment's main table
   * @param textOf a text for each key of a table, different for different keys
   */
  constructor(root: MainTable<Key>, record: Key, textOf: (key: Key) => string) {
    this.#root = root;
    this.#record = record;
    this.#textOf = textOf;
  }

  /** Whether a body is running ahead of the write lock, and what earlier ones put is to be seen by `get` alone. */
  get isAhead(): boolean {
    return this.#undo !== undefined;
  }

  /** To be called by what `get` does not see enough for: a body that runs ahead begins again with the lock held. */
  demandLock(): void {
    if (this.#undo) throw new NeedsLock();
  }

  /** What the transaction under way finds, or what is committed, if none is. The bytes stay valid until the next look. */
  get(table: Table<Key>, key: Key): Buffer | undefined {
    if (this.#undo && (this.#open ?? this.#onItsWay)) {
      const text = this.#textOf(key);
      const found = this.#open?.find(table, text) ?? this.#onItsWay?.find(table, text);
      if (found) return found.value;
    }
    return table.getBinaryFast(key);
  }

  /** Only within a transaction. The bytes must not be changed any more. */
  put(table: Table<Key>, key: Key, value: Buffer): void {
    if (this.#undo) this.#stage(this.#undo, table, { key, value });
    else void table.put(key, value);
    this.#wrote = true;
  }

  /** Only within a transaction. */
  remove(table: Table<Key>, key: Key): void {
    if (this.#undo) this.#stage(this.#undo, table, { key, value: undefined });
    else void table.remove(key);
    this.#wrote = true;
  }

  /**
   * Runs `body`, at once or later, perhaps twice; resolves when its writes are on disk. It must look at nothing but
   * `get`, or demand the lock before, and have no effect but its writes and its result. If it throws, nothing is written.
   */
  async decide<Result>(body: () => Result): Promise<Result> {
    if (!this.#isSole || this.#locking > 0) return this.locked(body);
    let result: Result;
    try {
      result = this.#ahead(body);
    } catch (error) {
      if (error instanceof NeedsLock) return this.locked(body);
      throw error;
    }
    // What wrote nothing was decided upon what others wrote, and must not be told before that is on disk.
    const isOnDisk = (await (this.#open ?? this.#onItsWay)?.done) ?? true;
    return isOnDisk ? result : this.locked(body);
  }

  /** Runs `body` with LMDB's write lock held; it may look at tables itself. If it throws, nothing is written. */
  async locked<Result>(body: () => Result): Promise<Result> {
    this.#locking++;
    try {
      await this.atRest();
      const result = await this.#root.childTransaction(() => {
        this.#wrote = false;
        const answer = body();
        if (this.#wrote) this.#sign();
        return answer;
      });
      this.#isSole = performance.now() - this.#foreignAt > QUIET_MS;
      return result;
    } finally {
      this.#locking--;
    }
  }

  /** Resolves when what was decided is on disk, or is known not to be. */
  async atRest(): Promise<void> {
    for (let batch = this.#last; batch; batch = this.#last) await batch.done.catch(() => undefined);
  }

  /** A number that grows when another process has written. */
  foreignWrites(): number {
    const found = this.#recorded();
    if (!(found >= this.#first && found <= this.#left)) this.#notice(found);
    return this.#foreignCount;
  }

  get #last(): Batch<Key> | undefined {
    return this.#open ?? this.#onItsWay;
  }

  #ahead<Result>(body: () => Result): Result {
    const undo = (this.#undo = []) as (() => void)[];
    try {
      return body();
    } catch (error) {
      for (const each of undo.reverse()) each();
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }

  #stage(undo: (() => void)[], table: Table<Key>, put: Put<Key>): void {
    const puts = (this.#open ??= new Batch()).of(table);
    const text = this.#textOf(put.key);
    const before = puts.get(text);
    undo.push(() => (before ? puts.set(text, before) : puts.delete(text)));
    puts.set(text, put);
    this.#schedule();
  }

  /** Transactions of one turn of the event loop go together. */
  #schedule(): void {
    if (this.#isScheduled || this.#onItsWay) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#hand();
    });
  }

  #hand(): void {
    const batch = this.#open;
    if (!batch || this.#onItsWay) return;
    this.#open = undefined;
    this.#onItsWay = batch;
    const expected = this.#left;
    const number = (this.#left = expected + 1);
    const carriedOut = this.#root.ifVersion(this.#record, expected, () => {
      for (const [table, puts] of batch.tables) {
        for (const { key, value } of puts.values()) void (value ? table.put(key, value) : table.remove(key));
      }
      void this.#root.put(this.#record, bytesOf(number));
    });
    carriedOut.then(
      (isOnDisk) => {
        this.#settled(isOnDisk);
        batch.resolve(isOnDisk);
      },
      (error: unknown) => {
        this.#settled(false);
        batch.reject(error);
      },
    );
    // With the threshold of 1, lmdb-js begins at its second operation, not after a turn of the event loop.
    this.#root.ifVersion(this.#record, Number.NaN, () => undefined).catch(() => undefined);
  }

  #settled(isOnDisk: boolean): void {
    this.#onItsWay = undefined;
    if (isOnDisk) return this.#hand();
    this.#isSole = false;
    this.#open?.resolve(false);
    this.#open = undefined;
  }

  /** Gives the record a new number, within the write lock. */
  #sign(): void {
    const found = this.#recorded();
    if (found === this.#left) this.#left++;
    else {
      if (!Number.isNaN(this.#left)) {
        this.#foreignAt = performance.now();
        this.#notice(found);
      }
      this.#left = this.#first = randomInt(1, BEGINNINGS) * APART;
    }
    void this.#root.put(this.#record, bytesOf(this.#left));
  }

  #notice(found: number): void {
    if (found === this.#foreign) return;
    this.#foreign = found;
    this.#foreignCount++;
  }

  #recorded(): number {
    const bytes = this.#root.getBinaryFast(this.#record);
    return bytes ? bytes.readDoubleLE() : 0;
  }
}

/** Ends the run of a body ahead of the write lock. */
class NeedsLock extends Error {}

/** As LMDB's binding compares versions on machines that have their low bytes first. */
function bytesOf(number: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(8);
  bytes.writeDoubleLE(number);
  return bytes;
}
