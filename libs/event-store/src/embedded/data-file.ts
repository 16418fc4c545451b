import { open } from 'node:fs/promises';

/*
 * Layout of a meta page, of which LMDB keeps two at the start of its file and believes the newer (struct MDB_meta in
 * lmdb.h's mdb.c, as built into lmdb-js: 64-bit, native byte order, which is little-endian wherever it is built).
 */
const MAGIC = 0xbeefc0de;
const MAGIC_AT = 24;
const PAGE_SIZE_AT = 48;
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const META_SIZE = 160;

interface MetaPage {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: bigint;
}

/**
 * Pages that a transaction took and gave back are counted but may never have been written, so a sound file can be this
 * many pages short.
 */
const TOLERATED_PAGES = 64;

/**
 * What is wrong with an LMDB data file, or undefined. LMDB maps its file without looking at the length, and a process that
 * reads beyond the end of a mapped file is killed by the system: so the length is checked first.
 */
export async function dataFileDamage(path: string): Promise<string | undefined> {
  // Others may be writing. What is read first counts pages that are in the file by the time its length is asked for; and what is
  // missing is put to its end, wherever that is then: cutting the file to a length would take away what came meanwhile.
  const file = await open(path, 'a+');
  try {
    const first = await readMeta(file, 0);
    if (!first) return 'data.mdb is not an LMDB file';
    const second = await readMeta(file, first.pageSize);
    if (!second) return 'the second header of data.mdb is damaged';
    const newest = second.transaction > first.transaction ? second : first;
    const wanted = (newest.lastPage + 1) * newest.pageSize;
    const missing = wanted - (await file.stat()).size;
    if (missing > TOLERATED_PAGES * newest.pageSize) return `data.mdb lacks ${missing} of ${wanted} bytes`;
    if (missing > 0) await file.write(Buffer.alloc(missing));
    return undefined;
  } finally {
    await file.close();
  }
}

async function readMeta(file: Awaited<ReturnType<typeof open>>, at: number): Promise<MetaPage | undefined> {
  const page = Buffer.alloc(META_SIZE);
  const { bytesRead } = await file.read(page, 0, META_SIZE, at);
  if (bytesRead < META_SIZE || page.readUInt32LE(MAGIC_AT) !== MAGIC) return undefined;
  return {
    pageSize: page.readUInt32LE(PAGE_SIZE_AT),
    lastPage: Number(page.readBigUInt64LE(LAST_PAGE_AT)),
    transaction: page.readBigUInt64LE(TRANSACTION_AT),
  };
}
