import type { Storage } from './storage.js';
import { metaKey } from './environment.js';
import type { IndexEntry } from './index-definition.js';

export interface CollectionEntry {
  readonly name: string;
  readonly keyspace: number;
  readonly indexes: readonly IndexEntry[];
}

interface CatalogRecord {
  readonly nextKeyspace: number;
  readonly collections: Readonly<Record<string, CollectionEntry>>;
  /** Keyspaces of dropped collections and indexes whose keys are still to be removed. */
  readonly doomed: readonly number[];
}

const CATALOG_KEY = metaKey('catalog');
const VERSION_KEY = metaKey('catalog-version');
const EMPTY: CatalogRecord = { nextKeyspace: 1, collections: {}, doomed: [] };

/**
 * What collections and indexes there are. Every read asks the storage for the catalog's version in its own snapshot,
 * so that it sees at once what another process created or dropped. The methods that change it belong in a transaction.
 */
export class Catalog {
  private version = -1;
  private record = EMPTY;

  constructor(private readonly storage: () => Storage) {}

  collection(name: string): CollectionEntry | undefined {
    const { collections } = this.current();
    return Object.hasOwn(collections, name) ? collections[name] : undefined;
  }

  names(): string[] {
    return Object.keys(this.current().collections).sort();
  }

  doomed(): readonly number[] {
    return this.current().doomed;
  }

  ensureCollection(name: string): CollectionEntry {
    const known = this.collection(name);
    if (known) return known;
    const record = this.current();
    const entry: CollectionEntry = { name, keyspace: record.nextKeyspace, indexes: [] };
    this.save({
      ...record,
      nextKeyspace: record.nextKeyspace + 1,
      collections: { ...record.collections, [name]: entry },
    });
    return entry;
  }

  addIndex(collection: string, index: Omit<IndexEntry, 'keyspace'>): IndexEntry {
    const entry = this.ensureCollection(collection);
    const record = this.current();
    const added: IndexEntry = { ...index, keyspace: record.nextKeyspace };
    this.save({ ...record, nextKeyspace: record.nextKeyspace + 1 });
    this.saveCollection({ ...entry, indexes: [...entry.indexes, added] });
    return added;
  }

  changeIndex(collection: string, name: string, change: Partial<Pick<IndexEntry, 'multikey' | 'building'>>): void {
    const entry = this.collection(collection);
    if (!entry) return;
    const indexes = entry.indexes.map((index) => (index.name === name ? { ...index, ...change } : index));
    this.saveCollection({ ...entry, indexes });
  }

  removeIndex(collection: string, keyspace: number): void {
    const entry = this.collection(collection);
    if (!entry?.indexes.some((index) => index.keyspace === keyspace)) return;
    this.saveCollection({ ...entry, indexes: entry.indexes.filter((index) => index.keyspace !== keyspace) });
    this.doom([keyspace]);
  }

  removeCollection(name: string): boolean {
    const entry = this.collection(name);
    if (!entry) return false;
    const record = this.current();
    const collections = Object.fromEntries(Object.entries(record.collections).filter(([other]) => other !== name));
    this.save({ ...record, collections });
    this.doom([entry.keyspace, ...entry.indexes.map(({ keyspace }) => keyspace)]);
    return true;
  }

  /** Forgets a dropped keyspace once it is empty. */
  swept(keyspace: number): void {
    const record = this.current();
    this.save({ ...record, doomed: record.doomed.filter((other) => other !== keyspace) });
  }

  private doom(keyspaces: readonly number[]): void {
    const record = this.current();
    this.save({ ...record, doomed: [...record.doomed, ...keyspaces] });
  }

  private saveCollection(entry: CollectionEntry): void {
    const record = this.current();
    this.save({ ...record, collections: { ...record.collections, [entry.name]: entry } });
  }

  private current(): CatalogRecord {
    const storage = this.storage();
    const stored = storage.getBinaryFast(VERSION_KEY);
    const version = stored === undefined ? 0 : stored.readUInt32BE(0);
    if (version === this.version) return this.record;
    const bytes = storage.get(CATALOG_KEY);
    this.record = bytes === undefined ? EMPTY : (JSON.parse(bytes.toString()) as CatalogRecord);
    this.version = version;
    return this.record;
  }

  private save(record: CatalogRecord): void {
    const storage = this.storage();
    storage.demandLock();
    const version = Buffer.alloc(4);
    version.writeUInt32BE(this.version + 1);
    storage.put(CATALOG_KEY, Buffer.from(JSON.stringify(record)));
    storage.put(VERSION_KEY, version);
    this.version += 1;
    this.record = record;
  }
}
