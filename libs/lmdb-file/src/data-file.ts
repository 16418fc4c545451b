import { appendFileSync, closeSync, fstatSync, openSync } from 'node:fs';
import { readMeta } from './meta-page.js';

/**
 * Pages that a transaction took and gave back are counted but may never have been written, so a sound file can be this
 * many pages short.
 */
const TOLERATED_PAGES = 64;

/**
 * What is wrong with an LMDB data file, or undefined; nothing is wrong with an empty one, of which LMDB makes a new one.
 * LMDB maps its file without looking at the length, and a process that reads beyond the end of a mapped file is killed by
 * the system: so the length is checked first, and a sound file that is a few pages short gets them.
 */
export function dataFileDamage(path: string): string | undefined {
  const found = look(path);
  if (typeof found !== 'number') return found;
  // To its end, wherever that is by now: cutting the file to a length would take away what others have written meanwhile.
  if (found > 0) appendFileSync(path, Buffer.alloc(found));
  return undefined;
}

/** What is wrong with it, or how many bytes it is short. */
function look(path: string): string | number {
  const file = openSync(path, 'r');
  try {
    if (fstatSync(file).size === 0) return 0;
    const first = readMeta(file, 0);
    if (!first) return 'data.mdb is not an LMDB file';
    const second = readMeta(file, first.pageSize);
    if (!second) return 'the second header of data.mdb is damaged';
    const { pageSize, pages, pagesToRoots } = second.transaction > first.transaction ? second : first;
    const wanted = Math.max(pages, pagesToRoots) * pageSize;
    // Others may be writing: what was read before counts pages that are in the file by the time its length is asked for.
    const { size } = fstatSync(file);
    const missing = wanted - size;
    if (missing > TOLERATED_PAGES * pageSize || size < pagesToRoots * pageSize)
      return `data.mdb lacks ${missing} of ${wanted} bytes`;
    return Math.max(0, missing);
  } finally {
    closeSync(file);
  }
}
