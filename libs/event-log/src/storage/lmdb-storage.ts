import { realpathSync } from 'node:fs';
import { causeOf, DiskRoom, SHARED_ENVIRONMENT, SoleWriter, writeFinding } from '@order-flow/lmdb-file';
import { open, type RootDatabase } from 'lmdb';
import { LogError } from '../port.js';
import { Changes } from './changes.js';
import { notOurs, prepareDirectory } from './lmdb-directory.js';
import type { LogStorage, Place, ScanRange } from './log-storage.js';

type At = [string, Place] | [string];
type Database = RootDatabase<Buffer, At>;

/** Next to the groups' offsets, which most transactions write anyway. */
export const WRITES: [string, Place] = ['offsets', 'writes'];

const textOf = ([table, at]: At): string => `${table}${typeof at === 'number' ? '#' : '/'}${at ?? ''}`;

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
    return open({ path, encoding: 'binary', ...SHARED_ENVIRONMENT });
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
  readonly #writer: SoleWriter<At>;
  #closed = false;

  constructor(path: string, pollInterval: number, calmMs: number) {
    this.#path = path;
    this.#room = new DiskRoom(path);
    this.#database = openDatabase(path);
    this.#writer = new SoleWriter(this.#database, WRITES, textOf, calmMs);
    this.changes = new Changes(pollInterval, () => this.foreignWrites());
  }

  get(table: string, at: Place): Buffer | undefined {
    if (this.#writer.isAhead) return this.#writer.get(this.#database, [table, at]);
    return this.#reading(() => this.#database.get([table, at]));
  }

  decided(table: string, at: Place): Buffer | undefined {
    return this.#reading(() => this.#writer.decided(this.#database, [table, at]));
  }

  get losses(): number {
    return this.#writer.losses;
  }

  scan(table: string, range: ScanRange, visit: (at: Place, value: Buffer) => boolean): void {
    this.#writer.demandLock();
    const start: [string, Place] | [string] = range.from === undefined ? [table] : [table, range.from];
    this.#reading(() => {
      for (const { key, value } of this.#database.getRange({ start, end: [table, range.to ?? LAST] })) {
        if (!visit((key as [string, Place])[1], value)) break;
      }
    });
  }

  put(table: string, at: Place, value: Buffer): void {
    this.#writer.put(this.#database, [table, at], value);
  }

  remove(table: string, at: Place): void {
    this.#writer.remove(this.#database, [table, at]);
  }

  transaction<Result>(body: () => Result): Promise<Result> {
    return this.#written(() => this.#writer.locked(body));
  }

  decision<Result>(body: () => Result, show?: (result: Result) => void): Promise<Result> {
    const { losses } = this;
    return this.#written(() => this.#writer.decide(body, show)).finally(() => {
      if (this.losses > losses) this.changes.announceAll();
    });
  }

  async #written<Result>(write: () => Promise<Result>): Promise<Result> {
    this.#assertOpen();
    try {
      this.#room.demand();
      return await write();
    } catch (error) {
      if (error instanceof LogError) throw error;
      const cause = await causeOf(error);
      const message = `the log at ${this.#path} cannot be written: ${writeFinding(this.#path, cause)}`;
      throw new LogError('LOG_UNAVAILABLE', message, { cause });
    }
  }

  isEmpty(): boolean {
    return (this.#database.getStats() as { entryCount: number }).entryCount === 0;
  }

  foreignWrites(): number {
    if (this.#closed) return 0;
    this.#database.resetReadTxn();
    return this.#writer.foreignWrites();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.changes.stop();
    await this.#writer.atRest();
    await this.#database.close();
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
 * @param calmMs milliseconds without such commits after which decisions are shown before they are durable
 * @throws LogError LOG_CORRUPT, LOG_UNAVAILABLE
 */
export function openLmdbStorage(path: string, pollInterval: number, calmMs = Infinity): LogStorage {
  prepareDirectory(path);
  const place = realpathSync(path);
  const shared = opened.get(place) ?? { storage: new LmdbStorage(place, pollInterval, calmMs), users: 0 };
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
    decision: async (body, show) => live().decision(body, show),
    decided: (table, at) => live().decided(table, at),
    get losses() {
      return storage.losses;
    },
    isEmpty: () => storage.isEmpty(),
    close: () => (closing ??= release()),
  };
}
