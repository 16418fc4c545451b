import type { Document } from 'mongodb';
import type { Catalog, CollectionEntry } from './catalog.js';
import { decodeDocument } from './document-encoding.js';
import type { Storage } from './storage.js';
import { indexKeys, keyPattern } from './index-definition.js';
import type { IndexEntry, IndexKeys } from './index-definition.js';
import { documentKey } from './ordered-key.js';
import { ServerErrorCode, refusalOf } from './server-errors.js';
import type { Refusal } from './server-errors.js';
import { valuesAt } from './document-path.js';
import { readFields } from './stored-fields.js';

/** A document ready to be written: encoded before the write lock is taken. */
export interface EncodedDocument {
  readonly document: Document;
  readonly id: Buffer;
  readonly bytes: Buffer;
}

const NO_KEYS: IndexKeys = { keys: [], multikey: false };

interface IndexChange {
  readonly index: IndexEntry;
  readonly added: readonly Buffer[];
  readonly removed: readonly Buffer[];
  readonly becomesMultikey: boolean;
}

/**
 * Documents of one collection and their index entries, written together. To be used inside one transaction: LMDB does
 * not undo the puts of a callback that throws, so every refusal is decided before the first put.
 */
export class DocumentWriter {
  constructor(
    private readonly storage: Storage,
    private readonly catalog: Catalog,
    private readonly name: string,
  ) {
    this.entry = catalog.ensureCollection(name);
  }

  entry: CollectionEntry;
  private wanted: { readonly key: string; readonly fields: ReadonlySet<string> } | undefined;

  /** The stored document and its bytes, which stay valid until the next read. */
  read(id: Buffer): { readonly document: Document; readonly bytes: Buffer } | undefined {
    const bytes = this.storage.getBinaryFast(documentKey(this.entry.keyspace, id));
    return bytes === undefined ? undefined : { document: decodeDocument(bytes), bytes };
  }

  /**
   * The stored bytes, which stay valid until the next read, with the named fields and all that indexes look at; other
   * fields may be missing.
   */
  readFields(
    id: Buffer,
    names: readonly string[],
  ): { readonly document: Document; readonly bytes: Buffer } | undefined {
    const bytes = this.storage.getBinaryFast(documentKey(this.entry.keyspace, id));
    if (bytes === undefined) return undefined;
    return { document: readFields(bytes, this.fieldsOf(names)) ?? decodeDocument(bytes), bytes };
  }

  insert(next: EncodedDocument): Refusal | undefined {
    const key = documentKey(this.entry.keyspace, next.id);
    if (this.storage.getBinaryFast(key) !== undefined) return this.duplicate('_id_', { _id: 1 }, next.document);
    return this.write(key, undefined, next);
  }

  replace(old: Document, next: EncodedDocument): Refusal | undefined {
    return this.write(documentKey(this.entry.keyspace, next.id), old, next);
  }

  remove(old: Document, id: Buffer): void {
    for (const index of this.entry.indexes) for (const key of keysBefore(index, old, id).keys) this.storage.remove(key);
    this.storage.remove(documentKey(this.entry.keyspace, id));
  }

  /** Adds the entries of a stored document to an index under construction. */
  index(index: IndexEntry, document: Document, id: Buffer): Refusal | undefined {
    const change = this.change(index, undefined, { document, id });
    if ('code' in change) return change;
    this.apply(change, id);
    return undefined;
  }

  private write(key: Buffer, old: Document | undefined, next: EncodedDocument): Refusal | undefined {
    const changes: IndexChange[] = [];
    for (const index of this.entry.indexes) {
      if (old && sameIndexedValues(index, old, next.document)) continue;
      const change = this.change(index, old, next);
      if ('code' in change) return change;
      changes.push(change);
    }
    for (const change of changes) this.apply(change, next.id);
    this.storage.put(key, next.bytes);
    return undefined;
  }

  private change(
    index: IndexEntry,
    old: Document | undefined,
    { document, id }: Pick<EncodedDocument, 'document' | 'id'>,
  ): IndexChange | Refusal {
    let after: IndexKeys;
    try {
      after = indexKeys(index, document, id);
    } catch (error) {
      return refusalOf(error);
    }
    const before = old === undefined ? NO_KEYS : keysBefore(index, old, id);
    const added = missingFrom(before.keys, after.keys);
    if (index.unique && added.some((key) => this.takenByAnother(key, id)))
      return this.duplicate(index.name, keyPattern(index), document);
    const removed = missingFrom(after.keys, before.keys);
    return { index, added, removed, becomesMultikey: after.multikey && !index.multikey };
  }

  private apply({ index, added, removed, becomesMultikey }: IndexChange, id: Buffer): void {
    if (becomesMultikey) {
      this.catalog.changeIndex(this.name, index.name, { multikey: true });
      this.entry = this.catalog.ensureCollection(this.name);
    }
    for (const key of removed) this.storage.remove(key);
    for (const key of added) this.storage.put(key, id);
  }

  /** Filters of one bulk write mostly name the same fields, so the set is kept. */
  private fieldsOf(names: readonly string[]): ReadonlySet<string> {
    const key = names.join('\0');
    if (this.wanted?.key === key) return this.wanted.fields;
    const indexed = this.entry.indexes.flatMap(({ fields }) => fields.map(([path]) => path.split('.', 1)[0] ?? path));
    this.wanted = { key, fields: new Set([...names, ...indexed]) };
    return this.wanted.fields;
  }

  private takenByAnother(key: Buffer, id: Buffer): boolean {
    const holder = this.storage.get(key);
    return holder !== undefined && !holder.equals(id);
  }

  private duplicate(index: string, pattern: Document, document: Document): Refusal {
    const keyValue = Object.fromEntries(
      Object.keys(pattern).map((path) => [path, valuesAt(document, path).values[0] ?? null]),
    );
    const errmsg = `E11000 duplicate key error collection: ${this.name} index: ${index} dup key: ${JSON.stringify(keyValue)}`;
    return { code: ServerErrorCode.DuplicateKey, errmsg, keyPattern: pattern, keyValue };
  }
}

/** Entries of a stored document; one that an index under construction cannot hold has none. */
function keysBefore(index: IndexEntry, old: Document, id: Buffer): IndexKeys {
  try {
    return indexKeys(index, old, id);
  } catch (error) {
    refusalOf(error);
    return NO_KEYS;
  }
}

/** Whether an index need not be looked at: the usual case of a write that changes none of its fields. */
const sameIndexedValues = ({ fields }: IndexEntry, old: Document, next: Document): boolean =>
  fields.every(([path]) => typeof next[path] === 'string' && next[path] === old[path]);

function missingFrom(there: readonly Buffer[], keys: readonly Buffer[]): readonly Buffer[] {
  if (keys.length === 1 && there.length === 1 && keys[0]?.equals(there[0] as Buffer)) return [];
  return keys.filter((key) => !there.some((other) => other.equals(key)));
}
