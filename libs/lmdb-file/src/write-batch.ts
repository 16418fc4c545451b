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
  resetReadTxn(): void;
}

export interface Put<Key> {
  readonly key: Key;
  /** Absent for a removal. */
  readonly value: Buffer | undefined;
}

/** What transactions decided that go to the disk together: the last put of each key, by the key's text. */
export class WriteBatch<Key> {
  readonly tables = new Map<Table<Key>, Map<string, Put<Key>>>();
  readonly done: Promise<boolean>;
  /** @param carriedOut whether it is on disk; if not, its transactions are to be decided again */
  resolve!: (carriedOut: boolean) => void;
  reject!: (error: unknown) => void;
  /** Whether somebody was told what was decided. */
  isShown = false;

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
    if (!puts) this.tables.set(table, (puts = new Map<string, Put<Key>>()));
    return puts;
  }
}
