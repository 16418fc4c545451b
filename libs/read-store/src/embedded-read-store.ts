import type { Document } from 'mongodb';
import { Catalog } from './catalog.js';
import type { CollectionAccess } from './collection-access.js';
import { checkCollectionName } from './collection-name.js';
import { EmbeddedDocuments } from './embedded-documents.js';
import { Environment } from './environment.js';
import { sweepDropped } from './index-build.js';
import type { Documents, ReadStore } from './port.js';

export interface EmbeddedReadStoreOptions {
  /** A directory of its own; made if it is missing. Several processes may open the same one. */
  readonly path: string;
}

class EmbeddedReadStore implements ReadStore {
  private readonly storage = () => this.environment.storage;
  private readonly write: CollectionAccess['write'] = (action) => this.environment.write(action);
  private readonly catalog = new Catalog(this.storage);
  private sweeping: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly environment: Environment) {
    this.sweep();
  }

  collection<T extends Document>(name: string): Documents<T> {
    checkCollectionName(name);
    const source = { storage: this.storage, write: this.write, catalog: this.catalog, name };
    const documents = new EmbeddedDocuments(source, () => {
      this.sweep();
    });
    // The driver's overloads and its cursor class cannot be implemented literally; the contract suite holds the two together.
    return documents as unknown as Documents<T>;
  }

  async collections(): Promise<readonly string[]> {
    return this.catalog.names();
  }

  async identity(): Promise<string> {
    return this.environment.identity();
  }

  async ping(): Promise<void> {
    this.environment.identity();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.sweeping;
    await this.environment.close();
  }

  /** What a failed sweep leaves behind is only space; the next one goes on. */
  private sweep(): void {
    const goOn = () => sweepDropped(this.write, this.catalog, () => this.closed);
    this.sweeping = this.sweeping.then(goOn).catch(() => undefined);
  }
}

/**
 * Opens a store of documents in LMDB, with MongoDB's queries, updates, indexes, results and error codes. A write is on
 * disk when its promise resolves, and is not seen by anyone before.
 * @throws ReadStoreError STORE_FOREIGN, STORE_CORRUPT, STORE_FORMAT_UNKNOWN or STORE_UNAVAILABLE
 */
export async function openEmbeddedReadStore(options: EmbeddedReadStoreOptions): Promise<ReadStore> {
  return new EmbeddedReadStore(await Environment.open(options.path));
}
