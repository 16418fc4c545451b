import type { Document } from 'mongodb';
import type { CollectionEntry } from './catalog.js';
import { decodeDocument } from './document-encoding.js';
import type { Storage } from './environment.js';
import { indexKeys } from './index-definition.js';
import { documentKey } from './ordered-key.js';
import type { IdReads, IndexScan, KeyRange } from './query-plan.js';

/** A document met by a scan. */
export interface Found {
  readonly id: Buffer;
  readonly document: Document;
}

/** Where a scan goes on: the range and the last key seen in it, or the number of ids read. */
export interface ScanPosition {
  readonly at: number;
  readonly after?: Buffer;
}

export interface Page {
  readonly found: readonly Found[];
  /** Absent at the end. */
  readonly next?: ScanPosition;
}

export const START: ScanPosition = { at: 0 };

/** Reads at most `size` documents in one snapshot; no cursor or transaction stays open between pages. */
export function readPage(
  storage: Storage,
  collection: CollectionEntry,
  access: IndexScan | IdReads,
  { from, size }: { readonly from: ScanPosition; readonly size: number },
): Page {
  return access.kind === 'ids'
    ? readIds(storage, collection, access, from.at, size)
    : readRange(storage, collection, access, from, size);
}

function readIds(storage: Storage, collection: CollectionEntry, { ids }: IdReads, from: number, size: number): Page {
  const found: Found[] = [];
  const end = Math.min(ids.length, from + size);
  for (const id of ids.slice(from, end)) {
    const bytes = storage.getBinaryFast(documentKey(collection.keyspace, id));
    if (bytes !== undefined) found.push({ id, document: decodeDocument(bytes) });
  }
  return end < ids.length ? { found, next: { at: end } } : { found };
}

interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Entries of a range after a key, at most `limit`, in scan order. */
function entriesOf(
  storage: Storage,
  range: KeyRange,
  reverse: boolean,
  after: Buffer | undefined,
  limit: number,
): Entry[] {
  if (!reverse) {
    const options = { start: after ?? range.low, end: range.high, exclusiveStart: after !== undefined, limit };
    return [...storage.getRange(options)] as Entry[];
  }
  return [
    ...storage.getRange({
      start: after ?? range.high,
      end: range.low,
      reverse: true,
      exclusiveStart: true,
      inclusiveEnd: true,
      limit,
    }),
  ] as Entry[];
}

function readRange(
  storage: Storage,
  collection: CollectionEntry,
  scan: IndexScan,
  from: ScanPosition,
  size: number,
): Page {
  const range = scan.ranges[from.at];
  if (!range) return { found: [] };
  const entries = entriesOf(storage, range, scan.reverse, from.after, size);
  const found: Found[] = [];
  for (const entry of entries) {
    const document = documentOf(storage, collection, scan, entry);
    if (document) found.push(document);
  }
  const last = entries.at(-1);
  if (entries.length === size && last) return { found, next: { at: from.at, after: last.key } };
  return from.at + 1 < scan.ranges.length ? { found, next: { at: from.at + 1 } } : { found };
}

function documentOf(storage: Storage, collection: CollectionEntry, scan: IndexScan, entry: Entry): Found | undefined {
  if (scan.index.keyspace === collection.keyspace)
    return { id: entry.key.subarray(4), document: decodeDocument(entry.value) };
  const id = entry.value;
  const bytes = storage.getBinaryFast(documentKey(collection.keyspace, id));
  if (bytes === undefined) return undefined;
  const document = decodeDocument(bytes);
  return scan.index.multikey && !isFirstEntry(scan, document, id, entry.key) ? undefined : { id, document };
}

/** A document with an array has several entries; it counts where the scan meets the first of them. */
function isFirstEntry(scan: IndexScan, document: Document, id: Buffer, key: Buffer): boolean {
  const { keys } = indexKeys(scan.index, document, id);
  const ordered = scan.reverse ? [...keys].reverse() : keys;
  for (const { low, high } of scan.ranges) {
    const first = ordered.find((other) => Buffer.compare(other, low) >= 0 && Buffer.compare(other, high) < 0);
    if (first) return first.equals(key);
  }
  return false;
}
