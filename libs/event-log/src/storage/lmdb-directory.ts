import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { LogError } from '../port.js';

const LMDB_MAGIC = 0xbeefc0de;
const PAGE_HEADER = 24;
/** Within LMDB's meta page (liblmdb/mdb.c, MDB_meta): page size, last used page, transaction. */
const PAGE_SIZE_AT = PAGE_HEADER + 24;
const LAST_PAGE_AT = PAGE_HEADER + 120;
const TRANSACTION_AT = PAGE_HEADER + 128;
const META_LENGTH = PAGE_HEADER + 144;

export const notOurs = (path: string, reason: string): LogError =>
  new LogError('LOG_CORRUPT', `${path} ${reason}; move it away (a new log is then made) or restore it from a backup`);

interface MetaPage {
  readonly pageSize: number;
  readonly pages: number;
  readonly transaction: bigint;
}

function readMeta(file: number, at: number): MetaPage | undefined {
  const page = Buffer.alloc(META_LENGTH);
  if (readSync(file, page, 0, META_LENGTH, at) < META_LENGTH) return undefined;
  const pageSize = page.readUInt32LE(PAGE_SIZE_AT);
  const sound =
    page.readUInt32LE(PAGE_HEADER) === LMDB_MAGIC &&
    pageSize >= 512 &&
    pageSize <= 65_536 &&
    Number.isInteger(Math.log2(pageSize));
  if (!sound) return undefined;
  const pages = Number(page.readBigUInt64LE(LAST_PAGE_AT)) + 1;
  return { pageSize, pages, transaction: page.readBigUInt64LE(TRANSACTION_AT) };
}

function readMetas(path: string): readonly MetaPage[] {
  const file = openSync(path, 'r');
  try {
    const first = readMeta(file, 0);
    const second = first && readMeta(file, first.pageSize);
    return first && second ? [first, second] : [];
  } finally {
    closeSync(file);
  }
}

/**
 * Makes the directory, or checks that what lies there can be opened: LMDB itself crashes the process on a file that is
 * not its own, or that was cut short. A short file gets its missing pages back as zeros: LMDB may rightly leave out free
 * pages at the end, and answers with an error when it meets one that it needs.
 * @throws LogError LOG_CORRUPT
 */
export function prepareDirectory(path: string): void {
  if (!existsSync(path)) {
    mkdirSync(path, { recursive: true });
    return;
  }
  if (!statSync(path).isDirectory()) throw notOurs(path, 'is not a directory');
  const data = join(path, 'data.mdb');
  if (!existsSync(data)) {
    const strangers = readdirSync(path).filter((name) => name !== 'lock.mdb');
    if (strangers.length > 0) throw notOurs(path, 'holds other files and no event log');
    return;
  }
  checkDataFile(path, data);
}

function checkDataFile(path: string, data: string): void {
  const size = statSync(data).size;
  if (size === 0) return;
  const metas = readMetas(data);
  const newest = metas.reduce<MetaPage | undefined>(
    (best, meta) => (best && best.transaction >= meta.transaction ? best : meta),
    undefined,
  );
  if (!newest || newest.pages > Number.MAX_SAFE_INTEGER / newest.pageSize) throw notOurs(path, 'is damaged or no log');
  const expected = newest.pages * newest.pageSize;
  if (size < expected) truncateSync(data, expected);
}
