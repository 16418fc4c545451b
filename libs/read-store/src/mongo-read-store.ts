import { randomUUID } from 'node:crypto';
import type { Db, Document, MongoClient } from 'mongodb';
import { checkCollectionName } from './collection-name.js';
import { mongoAddress } from './mongo-address.js';
import type { MongoAddress } from './mongo-address.js';
import { asReadStoreError, mongoClient, mongoDatabase } from './mongo-client.js';
import type { MongoReadStoreOptions } from './mongo-client.js';
import type { Documents, ReadStore } from './port.js';
import { ReadStoreError } from './read-store-error.js';

const IDENTITY_COLLECTION = 'store_identity';

class MongoReadStore implements ReadStore {
  private closed: Promise<void> | undefined;

  constructor(
    private readonly client: MongoClient,
    private readonly database: Db,
    private readonly address: MongoAddress,
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

  identity(): Promise<string> {
    return this.answer(() => identityOf(this.database));
  }

  async ping(): Promise<void> {
    await this.answer(() => this.database.command({ ping: 1 }));
  }

  async close(): Promise<void> {
    this.closed ??= this.client.close();
    await this.closed;
  }

  private async answer<T>(ask: () => Promise<T>): Promise<T> {
    // A closed client would connect again.
    if (this.closed)
      throw new ReadStoreError('STORE_CLOSED', `The read store at ${this.address.hosts} was closed: open it again.`);
    return ask().catch((error: unknown) => {
      throw asReadStoreError(error, this.address);
    });
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
 * majority has them in its journal, and the driver retries them once. While no server answers, each operation fails in
 * bounded time with the driver's error; later ones find the server again when it is back.
 * @throws ReadStoreError STORE_UNAVAILABLE when no server answers for a while, STORE_REFUSED when it does not let us in
 * or the URL is not one
 */
export async function openMongoReadStore(options: MongoReadStoreOptions): Promise<ReadStore> {
  const address = mongoAddress(options.url);
  const client = mongoClient(options, address);
  try {
    await client.connect();
    const database = mongoDatabase(client, address);
    await identityOf(database);
    return new MongoReadStore(client, database, address);
  } catch (error) {
    await client.close();
    throw asReadStoreError(error, address);
  }
}
