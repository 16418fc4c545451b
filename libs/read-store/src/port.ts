import type { Collection, Document } from 'mongodb';

/**
 * The part of the MongoDB driver's Collection that the project uses. On MongoDB the driver itself is the adapter; the
 * embedded store implements this type with the same semantics and error codes (11000 for a duplicate key).
 */
export type Documents<T extends Document> = Pick<
  Collection<T>,
  | 'findOne'
  | 'find'
  | 'insertOne'
  | 'insertMany'
  | 'updateOne'
  | 'replaceOne'
  | 'deleteOne'
  | 'deleteMany'
  | 'bulkWrite'
  | 'findOneAndUpdate'
  | 'countDocuments'
  | 'createIndex'
  | 'createIndexes'
  | 'indexes'
  | 'drop'
  | 'collectionName'
>;

export interface ReadStore {
  collection<T extends Document>(name: string): Documents<T>;
  /** Names of the collections that exist. */
  collections(): Promise<readonly string[]>;
  /** UUID of this store as it is now: made once, asked for each time. A store that was emptied meanwhile has another. */
  identity(): Promise<string>;
  /** Resolves when the store answers; cheap. @throws ReadStoreError STORE_UNAVAILABLE, STORE_REFUSED, STORE_CLOSED */
  ping(): Promise<void>;
  close(): Promise<void>;
}
