import { readSync } from 'node:fs';

/*
 * Layout of a meta page, of which LMDB keeps two at the start of its file and believes the newer (struct MDB_meta in
 * lmdb.h's mdb.c, as built into lmdb-js: 64-bit, native byte order, which is little-endian wherever it is built).
 */
const MAGIC = 0xbeefc0de;
const MAGIC_AT = 24;
const PAGE_SIZE_AT = 48;
/** Of the tree of free pages, and of the data. */
const ROOTS_AT = [88, 136] as const;
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const META_BYTES = 160;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

const SMALLEST_PAGE = 512;
const LARGEST_PAGE = 65_536;

export interface MetaPage {
  readonly pageSize: number;
  /** How many pages the file counts. */
  readonly pages: number;
  /** So many pages the file needs at least to hold the roots of its trees. */
  readonly pagesToRoots: number;
  readonly transaction: bigint;
}

const isPageSize = (size: number): boolean =>
  size >= SMALLEST_PAGE && size <= LARGEST_PAGE && Number.isInteger(Math.log2(size));

/** The meta page at a place of an open file; undefined when there is none. */
export function readMeta(file: number, at: number): MetaPage | undefined {
  const page = Buffer.alloc(META_BYTES);
  if (readSync(file, page, 0, META_BYTES, at) < META_BYTES || page.readUInt32LE(MAGIC_AT) !== MAGIC) return undefined;
  const pageSize = page.readUInt32LE(PAGE_SIZE_AT);
  if (!isPageSize(pageSize)) return undefined;
  const roots = ROOTS_AT.map((root) => page.readBigUInt64LE(root)).filter((root) => root !== NO_PAGE);
  return {
    pageSize,
    pages: Number(page.readBigUInt64LE(LAST_PAGE_AT)) + 1,
    pagesToRoots: Math.max(0, ...roots.map((root) => Number(root) + 1)),
    transaction: page.readBigUInt64LE(TRANSACTION_AT),
  };
}
