import type { SoleWriter } from '@order-flow/lmdb-file';
import type { RangeOptions, RootDatabase } from 'lmdb';

export type Database = RootDatabase<Buffer, Buffer>;

/** Keys and values of the store: what is committed or, within a transaction, what it finds. */
export class Storage {
  constructor(
    private readonly database: Database,
    private readonly writer: SoleWriter<Buffer>,
  ) {}

  /** The bytes stay valid until the next look. */
  getBinaryFast(key: Buffer): Buffer | undefined {
    return this.writer.get(this.database, key);
  }

  get(key: Buffer): Buffer | undefined {
    return this.writer.isAhead ? this.writer.get(this.database, key) : this.database.get(key);
  }

  getRange(range: RangeOptions): Iterable<{ readonly key: Buffer; readonly value: Buffer }> {
    this.writer.demandLock();
    return this.database.getRange(range);
  }

  getKeys(range: RangeOptions): Iterable<Buffer> {
    this.writer.demandLock();
    return this.database.getKeys(range);
  }

  getKeysCount(range: RangeOptions): number {
    this.writer.demandLock();
    return this.database.getKeysCount(range);
  }

  /** Only within a transaction. Neither the key nor the value may be changed afterwards. */
  put(key: Buffer, value: Buffer): void {
    this.writer.put(this.database, key, value);
  }

  /** Only within a transaction. */
  remove(key: Buffer): void {
    this.writer.remove(this.database, key);
  }

  /** What changes more than documents runs with the write lock held. */
  demandLock(): void {
    this.writer.demandLock();
  }
}
