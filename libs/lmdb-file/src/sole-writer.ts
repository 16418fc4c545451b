import { randomInt } from 'node:crypto';
import { type MainTable, type Put, type Table, WriteBatch } from './write-batch.js';

/**
 * Options of an environment whose commits are on disk before they are visible. A failed commit of groups that lmdb-js makes
 * itself rejects a promise that nobody holds, and so would end the process.
 */
export const SHARED_ENVIRONMENT = { overlappingSync: false, eventTurnBatching: false, txnStartThreshold: 1 } as const;

/** Milliseconds without writes of other processes after which this one takes itself for the only writer again. */
const QUIET_MS = 200;
/** Bytes; lmdb-js takes no longer keys, and encodes those that are not bytes with some more. */
const LONGEST_KEY = 1_978;
const ENCODING = 78;
/** Own numbers begin anywhere below this, times a million, so that no two processes count alike. */
const BEGINNINGS = 2 ** 31;
const APART = 2 ** 20;

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
  readonly #calmMs: number;
  /** Decided, and yet to be handed to LMDB. */
  #open: WriteBatch<Key> | undefined;
  #onItsWay: WriteBatch<Key> | undefined;
  /** What the puts of the body that runs ahead replaced. */
  #undo: Replaced<Key>[] | undefined;
  #puts = 0;
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
  #losses = 0;

  /**
   * @param record key of the record, in the environment's main table
   * @param textOf a text for each key of a table, different for different keys
   * @param calmMs milliseconds without writes of other processes after which it shows what is not on disk yet
   */
  constructor(root: MainTable<Key>, record: Key, textOf: (key: Key) => string, calmMs = Infinity) {
    this.#root = root;
    this.#record = record;
    this.#textOf = textOf;
    this.#calmMs = calmMs;
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
    return this.#undo ? this.decided(table, key) : table.getBinaryFast(key);
  }

  /** Only within a transaction. The bytes must not be changed any more. */
  put(table: Table<Key>, key: Key, value: Buffer): void {
    if (this.#undo) this.#stage(this.#undo, table, { key, value });
    else void table.put(key, value);
    this.#puts++;
  }

  /** Only within a transaction. */
  remove(table: Table<Key>, key: Key): void {
    if (this.#undo) this.#stage(this.#undo, table, { key, value: undefined });
    else void table.remove(key);
    this.#puts++;
  }

  /** What is decided, though it may not come to the disk. The bytes stay valid until the next look. */
  decided(table: Table<Key>, key: Key): Buffer | undefined {
    if (!this.#last) return table.getBinaryFast(key);
    const text = this.#textOf(key);
    const found = this.#open?.find(table, text) ?? this.#onItsWay?.find(table, text);
    return found ? found.value : table.getBinaryFast(key);
  }

  /** How often something that was shown before it was on disk did not come there. */
  get losses(): number {
    return this.#losses;
  }

  /**
   * Runs `body`, at once or later, perhaps twice; resolves when its writes are on disk. It must look at nothing but
   * `get`, or demand the lock before, and have no effect but its writes and its result. If it throws, nothing is written.
   * @param show is told the result at once, if it can be relied upon by transactions that are decided later: what
   * comes to the disk does so in the order of the decisions, and after one that does not, none does that relied on it
   */
  async decide<Result>(body: () => Result, show?: (result: Result) => void): Promise<Result> {
    if (!this.#isSole || this.#locking > 0 || this.#wasOverwritten()) return this.locked(body);
    let result: Result;
    try {
      result = this.#ahead(body);
    } catch (error) {
      if (error instanceof NeedsLock) return this.locked(body);
      throw error;
    }
    if (show && this.#open && performance.now() - this.#foreignAt >= this.#calmMs) {
      this.#open.isShown = true;
      show(result);
    }
    // What wrote nothing was decided upon what others wrote, and must not be told before that is on disk.
    const batch = this.#last;
    this.#hand();
    if (!batch || (await batch.done)) return result;
    return this.locked(body);
  }

  /** Runs `body` with LMDB's write lock held; it may look at tables itself. If it throws, nothing is written. */
  async locked<Result>(body: () => Result): Promise<Result> {
    this.#locking++;
    try {
      await this.atRest();
      const result = await this.#root.childTransaction(() => {
        const before = this.#puts;
        const answer = body();
        if (this.#puts > before) this.#sign();
        return answer;
      });
      this.#isSole = performance.now() - this.#foreignAt >= Math.min(QUIET_MS, this.#calmMs);
      return result;
    } finally {
      this.#locking--;
    }
  }

  /** Resolves when what was decided is on disk, or is known not to be. */
  async atRest(): Promise<void> {
    for (let batch = this.#last; batch; batch = this.#last) {
      this.#hand();
      await batch.done.catch(() => undefined);
    }
  }

  /** A number that grows when another process has written. */
  foreignWrites(): number {
    const found = this.#recorded();
    if (!(found >= this.#first && found <= this.#left)) this.#notice(found);
    return this.#foreignCount;
  }

  get #last(): WriteBatch<Key> | undefined {
    return this.#open ?? this.#onItsWay;
  }

  /** While nothing is on its way, a look tells whether another process has written. */
  #wasOverwritten(): boolean {
    if (this.#last) return false;
    this.#root.resetReadTxn();
    return this.#recorded() !== this.#left;
  }

  #ahead<Result>(body: () => Result): Result {
    const before = this.#open;
    const undo: Replaced<Key>[] = (this.#undo = []);
    try {
      return body();
    } catch (error) {
      for (const { puts, text, put } of undo.reverse()) {
        if (put) puts.set(text, put);
        else puts.delete(text);
      }
      this.#open = before;
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }

  #stage(undo: Replaced<Key>[], table: Table<Key>, put: Put<Key>): void {
    const puts = (this.#open ??= new WriteBatch()).of(table);
    const text = this.#textOf(put.key);
    checkKey(put.key, text);
    undo.push({ puts, text, put: puts.get(text) });
    puts.set(text, put);
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
        batch.resolve(isOnDisk);
        this.#settled(batch, isOnDisk);
      },
      (error: unknown) => {
        batch.reject(error);
        this.#settled(batch, false);
      },
    );
    // With the threshold of 1, lmdb-js begins at its second operation, not after a turn of the event loop.
    this.#root.ifVersion(this.#record, Number.NaN, () => undefined).catch(() => undefined);
  }

  #settled(batch: WriteBatch<Key>, isOnDisk: boolean): void {
    this.#onItsWay = undefined;
    if (isOnDisk) {
      this.#hand();
      return;
    }
    this.#isSole = false;
    if (batch.isShown || this.#open?.isShown) this.#losses++;
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

interface Replaced<Key> {
  readonly puts: Map<string, Put<Key>>;
  readonly text: string;
  /** Absent if there was none. */
  readonly put: Put<Key> | undefined;
}

/** A list is all or nothing, so no key may turn out to be unfit when it is handed over. @throws RangeError */
function checkKey(key: unknown, text: string): void {
  if (text.length > 0 && text.length * 3 + ENCODING <= LONGEST_KEY) return;
  const bytes = Buffer.isBuffer(key) ? key.length : Buffer.byteLength(text) + ENCODING;
  if (bytes > LONGEST_KEY || text === '')
    throw new RangeError(`a key of ${bytes} bytes: 1 to ${LONGEST_KEY} are taken`);
}

/** Ends the run of a body ahead of the write lock. */
class NeedsLock extends Error {}

/** As LMDB's binding compares versions on machines that have their low bytes first. */
function bytesOf(number: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(8);
  bytes.writeDoubleLE(number);
  return bytes;
}
