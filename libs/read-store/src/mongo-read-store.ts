import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import type { Db, Document, MongoClientOptions } from 'mongodb';
import { checkCollectionName } from './collection-name.js';
import { ReadStoreError } from './read-store-error.js';
import type { Documents, ReadStore } from './port.js';

export interface MongoReadStoreOptions {
  /** `mongodb://…` or `mongodb+srv://…` */
  readonly url: string;
  readonly database: string;
}

const IDENTITY_COLLECTION = 'store_identity';
/** How long, in milliseconds, to look for a server before giving up. */
const SERVER_SELECTION_MS = 10_000;

class MongoReadStore implements ReadStore {
  constructor(
    private readonly client: MongoClient,
    private readonly database: Db,
    private readonly uuid: string,
  ) {}

  collection<T extends Document>(name: string): Documents<T> {
    checkCollectionName(name);
    return this.database.collection<T>(name);
  }

  async collections(): Promise<readonly string[]> {
    const listed = await this.database.listCollections({}, { nameOnly: true }).toArray();
    return listed
      .map(({ name }) => name)
      .filter((name) => name !== IDENTITY_COLLECTION && !name.startsWith('system.'))
      .sort();
  }

  async identity(): Promise<string> {
    return this.uuid;
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}

/** Whoever comes first writes it; everyone reads what stands. */
async function identityOf(database: Db): Promise<string> {
  const collection = database.collection<{ _id: string; uuid: string }>(IDENTITY_COLLECTION);
  const known = await collection.findOne({ _id: 'identity' });
  if (known) return known.uuid;
  try {
    await collection.insertOne({ _id: 'identity', uuid: randomUUID() });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  const written = await collection.findOne({ _id: 'identity' });
  if (!written)
    throw new ReadStoreError(
      'STORE_UNAVAILABLE',
      'The read store lost its identity while it was opened: open it again.',
    );
  return written.uuid;
}

/** Whether a write lost against another document with the same `_id` or unique fields. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 11000;
}

/**
 * Opens a MongoDB database as a read store; the collections are the driver's own. Writes are acknowledged when a
 * majority has them in its journal, and the driver retries them once.
 * @throws ReadStoreError STORE_UNAVAILABLE when no server answers within ten seconds
 */
export async function openMongoReadStore({ url, database }: MongoReadStoreOptions): Promise<ReadStore> {
  const client = clientOf(url);
  try {
    await client.connect();
    const db = client.db(database);
    return new MongoReadStore(client, db, await identityOf(db));
  } catch (error) {
    await client.close();
    if (error instanceof ReadStoreError) throw error;
    throw unavailable(`database ${database} cannot be opened`, error);
  }
}

/** The driver's message says what is wrong without repeating the URL, which may hold a password. */
function unavailable(what: string, cause: unknown): ReadStoreError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `MongoDB: ${what} (${reason}): check MONGO_URL and the server.`;
  return new ReadStoreError('STORE_UNAVAILABLE', message, { cause });
}

function clientOf(url: string): MongoClient {
  const options = {
    appName: 'order-flow',
    retryWrites: true,
    retryReads: true,
    writeConcern: { w: 'majority', journal: true },
    maxPoolSize: 20,
    minPoolSize: 1,
    waitQueueTimeoutMS: 10_000,
    serverSelectionTimeoutMS: SERVER_SELECTION_MS,
  } satisfies MongoClientOptions;
  try {
    return new MongoClient(url, options);
  } catch (error) {
    throw unavailable('the URL is not valid', error);
  }
}
