import type { Catalog } from './catalog.js';
import type { Storage } from './storage.js';

/** One collection of an open store, to read from. */
export interface QuerySource {
  readonly storage: () => Storage;
  readonly catalog: Catalog;
  readonly name: string;
}

/** One collection of an open store. */
export interface CollectionAccess extends QuerySource {
  /** Runs a synchronous action in one transaction, which outlives the process when the promise resolves. */
  readonly write: <T>(action: (storage: Storage) => T) => Promise<T>;
}
