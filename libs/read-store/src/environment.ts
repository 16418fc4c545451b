import { randomUUID } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { causeOf, DiskRoom, isWriteFailure, SHARED_ENVIRONMENT, SoleWriter, writeFinding } from '@order-flow/lmdb-file';
import { open } from 'lmdb';
import { checkDirectory } from './directory.js';
import { orderedKey } from './ordered-key.js';
import { ReadStoreError } from './read-store-error.js';
import type { Database } from './storage.js';
import { Storage } from './storage.js';

/** Keyspace 0 holds the store's own records; every collection and index has a keyspace of its own, never used twice. */
export const META_KEYSPACE = 0;
export const metaKey = (name: string): Buffer => orderedKey(META_KEYSPACE).value(name).finish();

const FORMAT = 'order-flow-read-store/1';
const FORMAT_KEY = metaKey('format');
const IDENTITY_KEY = metaKey('identity');
const WRITES_KEY = metaKey('writes');

interface Shared {
  readonly database: Database;
  readonly writer: SoleWriter<Buffer>;
  readonly storage: Storage;
  readonly path: string;
  readonly room: DiskRoom;
  handles: number;
}

/** One LMDB environment per process and path, however often the store is opened. */
const opened = new Map<string, Shared>();
/** Environments that are still being closed; the path may be opened again after that. */
const closing = new Map<string, Promise<void>>();

function openDatabase(path: string): Database {
  try {
    return open<Buffer, Buffer>({ path, encoding: 'binary', keyEncoding: 'binary', ...SHARED_ENVIRONMENT });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = /MDB_(INVALID|CORRUPTED|VERSION_MISMATCH|PAGE_NOTFOUND)|not an LMDB/i.test(message)
      ? 'STORE_CORRUPT'
      : 'STORE_UNAVAILABLE';
    const remedy =
      code === 'STORE_CORRUPT'
        ? 'remove that directory and rebuild the projections, or restore it from a copy'
        : 'check that the directory can be written and its disk has room';
    throw new ReadStoreError(code, `The read store at ${path} cannot be opened (${message}): ${remedy}.`, {
      cause: error,
    });
  }
}

/** Writes the marker into an empty store; checks it in one that is not empty. */
function claim(storage: Database, path: string): void {
  const format = storage.transactionSync(() => {
    const found = storage.get(FORMAT_KEY)?.toString();
    if (found !== undefined || storage.getKeysCount({ limit: 1 }) > 0) return found ?? '';
    storage.putSync(FORMAT_KEY, Buffer.from(FORMAT));
    storage.putSync(IDENTITY_KEY, Buffer.from(randomUUID()));
    return FORMAT;
  });
  if (format === '')
    throw new ReadStoreError(
      'STORE_FOREIGN',
      `The LMDB files at ${path} belong to something else than a read store: name another directory.`,
    );
  if (format !== FORMAT)
    throw new ReadStoreError(
      'STORE_FORMAT_UNKNOWN',
      `The read store at ${path} has format ${JSON.stringify(format)}, this version reads ${FORMAT}: remove that directory and rebuild the projections.`,
    );
}

function create(path: string): Shared {
  const database = openDatabase(path);
  try {
    claim(database, path);
  } catch (error) {
    void database.close();
    throw error;
  }
  const writer = new SoleWriter(database, WRITES_KEY, (key) => key.toString('latin1'));
  return { database, writer, storage: new Storage(database, writer), path, room: new DiskRoom(path), handles: 0 };
}

const notWritten = (path: string, cause: unknown): ReadStoreError =>
  new ReadStoreError(
    'STORE_UNAVAILABLE',
    `The read store at ${path} cannot be written: ${writeFinding(path, cause)}.`,
    { cause },
  );

/** A handle on the environment of a path; the last one closed closes it. */
export class Environment {
  private closing: Promise<void> | undefined;
  private inTransaction = false;
  private readonly underWay = new Set<Promise<unknown>>();

  private constructor(private readonly shared: Shared) {
    shared.handles += 1;
  }

  /** @throws ReadStoreError */
  static async open(path: string): Promise<Environment> {
    checkDirectory(path);
    try {
      mkdirSync(path, { recursive: true });
    } catch (error) {
      throw new ReadStoreError(
        'STORE_UNAVAILABLE',
        `The read store's directory ${path} cannot be made: check its parent.`,
        {
          cause: error,
        },
      );
    }
    const real = realpathSync(path);
    while (closing.has(real)) await closing.get(real);
    const shared = opened.get(real) ?? create(real);
    opened.set(real, shared);
    return new Environment(shared);
  }

  get storage(): Storage {
    if (this.closing && !this.inTransaction)
      throw new ReadStoreError('STORE_CLOSED', `The read store at ${this.shared.path} was closed: open it again.`);
    return this.shared.storage;
  }

  /**
   * Runs a synchronous action in one transaction, perhaps twice; what it wrote is on disk when the promise resolves. If it
   * throws, nothing is written.
   */
  async write<T>(action: (storage: Storage) => T): Promise<T> {
    const { storage } = this;
    const { writer, room, path } = this.shared;
    try {
      room.demand();
      return await this.#tracked(
        writer.decide(() => {
          this.inTransaction = true;
          try {
            return action(storage);
          } finally {
            this.inTransaction = false;
          }
        }),
      );
    } catch (error) {
      throw isWriteFailure(error) ? notWritten(path, await causeOf(error)) : error;
    }
  }

  #tracked<T>(done: Promise<T>): Promise<T> {
    this.underWay.add(done);
    return done.finally(() => this.underWay.delete(done));
  }

  identity(): string {
    return this.storage.get(IDENTITY_KEY)?.toString() ?? '';
  }

  /** Waits for writes under way. */
  close(): Promise<void> {
    this.closing ??= this.release();
    return this.closing;
  }

  private async release(): Promise<void> {
    await Promise.allSettled(this.underWay);
    this.shared.handles -= 1;
    if (this.shared.handles > 0) return;
    const { path, database } = this.shared;
    opened.delete(path);
    const closed = database.close().finally(() => closing.delete(path));
    closing.set(path, closed);
    await closed;
  }
}
