import { realpathSync } from 'node:fs';
import { causeOf, DiskRoom, writeFinding } from '@order-flow/lmdb-file';
import { open, type RootDatabase } from 'lmdb';
import { LogError } from '../port.js';
import { Changes } from './changes.js';
import { notOurs, prepareDirectory } from './lmdb-directory.js';
import type { LogStorage, Place, ScanRange } from './log-storage.js';

type Database = RootDatabase<Buffer, [string, Place] | [string]>;

/** Sorts after every text. */
const LAST = '\u{10ffff}';

interface Shared {
  readonly storage: LogStorage;
  users: number;
}

/** LMDB allows one environment per process and path. */
const opened = new Map<string, Shared>();

function openDatabase(path: string): Database {
  try {
    return open({ path, encoding: 'binary', overlappingSync: false, eventTurnBatching: false });
  } catch (cause) {
    if (String(cause).includes('MDB_INVALID') || String(cause).includes('MDB_CORRUPTED')) {
      throw notOurs(path, 'cannot be read as an event log');
    }
    throw new LogError('LOG_UNAVAILABLE', `cannot open the log at ${path}: ${writeFinding(path, cause)}`, { cause });
  }
}

class LmdbStorage implements LogStorage {
  readonly changes: Changes;
  readonly #path: string;
  readonly #database: Database;
  readonly #room: DiskRoom;
  #closed = false;
  #puts = 0;

  constructor(path: string, pollInterval: number) {
    this.#path = path;
    this.#room = new DiskRoom(path);
    this.#database = openDatabase(path);
    this.changes = new Changes(pollInterval, () => this.version());
  }

  get(table: string, at: Place): Buffer | undefined {
    return this.#reading(() => this.#database.get([table, at]));
  }

  scan(table: string, range: ScanRange, visit: (at: Place, value: Buffer) => boolean): void {
    const start: [string, Place] | [string] = range.from === undefined ? [table] : [table, range.from];
    this.#reading(() => {
      for (const { key, value } of this.#database.getRange({ start, end: [table, range.to ?? LAST] })) {
        if (!visit((key as [string, Place])[1], value)) break;
      }
    });
  }

  put(table: string, at: Place, value: Buffer): void {
    this.#puts++;
    void this.#database.put([table, at], value);
  }

  remove(table: string, at: Place): void {
    void this.#database.remove([table, at]);
  }

  async transaction<Result>(body: () => Result): Promise<Result> {
    this.#assertOpen();
    try {
      this.#room.demand();
      return await this.#database.transaction(() => this.#owned(body));
    } catch (error) {
      this.changes.disown();
      if (error instanceof LogError) throw error;
      const cause = await causeOf(error);
      const message = `the log at ${this.#path} cannot be written: ${writeFinding(this.#path, cause)}`;
      throw new LogError('LOG_UNAVAILABLE', message, { cause });
    }
  }

  isEmpty(): boolean {
    return (this.#database.getStats() as { entryCount: number }).entryCount === 0;
  }

  version(): number {
    if (this.#closed) return 0;
    this.#database.resetReadTxn();
    return (this.#database.getStats() as { lastTxnId: number }).lastTxnId;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.changes.stop();
    await this.#database.close();
  }

  /** Runs `body` inside a transaction. One that puts nothing leaves its number to the next one, of whatever process. */
  #owned<Result>(body: () => Result): Result {
    const before = this.#puts;
    const result = body();
    if (this.#puts > before) this.changes.own(this.#database.getWriteTxnId());
    return result;
  }

  #reading<Result>(read: () => Result): Result {
    this.#assertOpen();
    try {
      return read();
    } catch (error) {
      if (error instanceof LogError || !String(error).includes('MDB_')) throw error;
      throw notOurs(this.#path, `is damaged (${String(error)})`);
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new LogError('LOG_UNAVAILABLE', `the log at ${this.#path} is closed`);
  }
}

/**
 * Tables in an LMDB environment. Opened twice in one process, a path is shared; several processes may open it too.
 * @param pollInterval milliseconds between looks for other processes' commits
 * @throws LogError LOG_CORRUPT, LOG_UNAVAILABLE
 */
export function openLmdbStorage(path: string, pollInterval: number): LogStorage {
  prepareDirectory(path);
  const place = realpathSync(path);
  const shared = opened.get(place) ?? { storage: new LmdbStorage(place, pollInterval), users: 0 };
  shared.users++;
  opened.set(place, shared);
  return oneUser(shared, place);
}

function oneUser(shared: Shared, place: string): LogStorage {
  const { storage } = shared;
  let closing: Promise<void> | undefined;
  const release = async (): Promise<void> => {
    if (--shared.users > 0) return;
    opened.delete(place);
    await storage.close();
  };
  const live = (): LogStorage => {
    if (closing) throw new LogError('LOG_UNAVAILABLE', `the log at ${place} is closed`);
    return storage;
  };
  return {
    changes: storage.changes,
    get: (table, at) => live().get(table, at),
    scan: (table, range, visit) => live().scan(table, range, visit),
    put: (table, at, value) => storage.put(table, at, value),
    remove: (table, at) => storage.remove(table, at),
    transaction: async (body) => live().transaction(body),
    isEmpty: () => storage.isEmpty(),
    version: () => storage.version(),
    close: () => (closing ??= release()),
  };
}
