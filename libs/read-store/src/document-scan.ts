import type { Document } from 'mongodb';
import type { CollectionEntry } from './catalog.js';
import { decodeDocument } from './document-encoding.js';
import type { Storage } from './storage.js';
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
  readonly after?: Buffer | undefined;
}

export interface Page {
  readonly found: readonly Found[];
  /** Absent at the end. */
  readonly next?: ScanPosition;
}

export const START: ScanPosition = { at: 0 };

const PAGE_BYTES = 4 * 1024 * 1024;
const KEYSPACE_BYTES = 4;

interface Source {
  readonly storage: Storage;
  readonly collection: CollectionEntry;
}

/**
 * Reads at most `size` documents, fewer if they are large, in one snapshot; no cursor or transaction stays open between
 * pages.
 */
export function readPage(
  source: Source,
  access: IndexScan | IdReads,
  { from, size }: { readonly from: ScanPosition; readonly size: number },
): Page {
  const budget = new PageBudget(size);
  return access.kind === 'ids' ? readIds(source, access, from.at, budget) : readRanges(source, access, from, budget);
}

/** What a page may still take, so that it neither blocks others for long nor holds much memory. */
class PageBudget {
  private bytes = 0;

  constructor(private entries: number) {}

  get left(): number {
    return this.bytes < PAGE_BYTES ? Math.max(0, this.entries) : 0;
  }

  spend(entries: number, bytes = 0): void {
    this.entries -= entries;
    this.bytes += bytes;
  }
}

function readIds({ storage, collection }: Source, { ids }: IdReads, from: number, budget: PageBudget): Page {
  const found: Found[] = [];
  let at = from;
  for (; at < ids.length && budget.left > 0; at++) {
    const id = ids[at] as Buffer;
    const bytes = storage.getBinaryFast(documentKey(collection.keyspace, id));
    budget.spend(1, bytes?.length);
    if (bytes !== undefined) found.push({ id, document: decodeDocument(bytes) });
  }
  return at < ids.length ? { found, next: { at } } : { found };
}

interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Entries of a range after a key, in scan order; large ones end the list early. */
function entriesOf({ storage }: Source, { low, high }: KeyRange, reverse: boolean, after?: Buffer, limit = 0): Entry[] {
  const range = reverse
    ? { start: after ?? high, end: low, reverse, exclusiveStart: true, inclusiveEnd: true, limit }
    : { start: after ?? low, end: high, exclusiveStart: after !== undefined, limit };
  const entries: Entry[] = [];
  let bytes = 0;
  for (const entry of storage.getRange(range)) {
    entries.push(entry);
    bytes += entry.value.length;
    if (bytes >= PAGE_BYTES) break;
  }
  return entries;
}

function readRanges(source: Source, scan: IndexScan, from: ScanPosition, budget: PageBudget): Page {
  const found: Found[] = [];
  for (let { at, after } = from; at < scan.ranges.length; at++, after = undefined) {
    for (const entry of entriesOf(source, scan.ranges[at] as KeyRange, scan.reverse, after, budget.left)) {
      const met = documentOf(source, scan, entry, budget);
      if (met) found.push(met);
      if (budget.left === 0) return { found, next: { at, after: entry.key } };
    }
    budget.spend(1);
    if (budget.left === 0) return { found, next: { at: at + 1 } };
  }
  return { found };
}

function documentOf(
  { storage, collection }: Source,
  scan: IndexScan,
  entry: Entry,
  budget: PageBudget,
): Found | undefined {
  if (scan.index.keyspace === collection.keyspace) {
    budget.spend(1, entry.value.length);
    return { id: entry.key.subarray(KEYSPACE_BYTES), document: decodeDocument(entry.value) };
  }
  const id = entry.value;
  const bytes = storage.getBinaryFast(documentKey(collection.keyspace, id));
  budget.spend(1, bytes?.length);
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
