import { closeSync, existsSync, fstatSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ReadStoreError } from './read-store-error.js';

const LMDB_MAGIC = 0xbeefc0de;
/** Offsets in a meta page of LMDB 0.9 data files, as lmdb-js writes them: after a page header of 24 bytes. */
const MAGIC_AT = 24;
const PAGE_SIZE_AT = 48;
const ROOTS_AT = [88, 136];
const TRANSACTION_AT = 152;
const META_BYTES = 160;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

const corrupt = (path: string, what: string): ReadStoreError =>
  new ReadStoreError(
    'STORE_CORRUPT',
    `The read store at ${path} is damaged (${what}): remove that directory and rebuild the projections, or restore it from a copy.`,
  );

function readMeta(file: number, at: number): Buffer {
  const meta = Buffer.alloc(META_BYTES);
  readSync(file, meta, 0, META_BYTES, at);
  return meta;
}

function checkMeta(path: string, meta: Buffer, size: number): void {
  const pageSize = BigInt(meta.readUInt32LE(PAGE_SIZE_AT));
  for (const at of ROOTS_AT) {
    const page = meta.readBigUInt64LE(at);
    if (page !== NO_PAGE && (page + 1n) * pageSize > BigInt(size)) throw corrupt(path, 'its data file is cut short');
  }
}

function checkDataFile(path: string): void {
  const file = openSync(join(path, 'data.mdb'), 'r');
  try {
    const first = readMeta(file, 0);
    if (first.readUInt32LE(MAGIC_AT) !== LMDB_MAGIC) throw corrupt(path, 'its data file is not an LMDB file');
    const pageSize = first.readUInt32LE(PAGE_SIZE_AT);
    const second = readMeta(file, pageSize);
    // Others may be writing: what the headers name is in the file by now.
    const { size } = fstatSync(file);
    if (size < pageSize * 2) throw corrupt(path, 'its data file is cut short');
    const newer = first.readBigUInt64LE(TRANSACTION_AT) > second.readBigUInt64LE(TRANSACTION_AT) ? first : second;
    checkMeta(path, newer, size);
  } finally {
    closeSync(file);
  }
}

/**
 * Looks at a directory before LMDB maps it, since a file cut short would end the process when it is read.
 * @throws ReadStoreError STORE_FOREIGN if it holds other files, STORE_CORRUPT if its data file cannot be LMDB's
 */
export function checkDirectory(path: string): void {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory())
    throw new ReadStoreError('STORE_FOREIGN', `The read store's path ${path} is a file: name a directory.`);
  const names = readdirSync(path).filter((name) => name !== 'lock.mdb');
  if (names.length === 0) return;
  if (!names.includes('data.mdb'))
    throw new ReadStoreError(
      'STORE_FOREIGN',
      `The directory ${path} holds other files and no read store: name an empty directory.`,
    );
  const { size } = statSync(join(path, 'data.mdb'));
  if (size > 0) checkDataFile(path);
}
