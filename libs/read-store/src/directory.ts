import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dataFileDamage } from '@order-flow/lmdb-file';
import { ReadStoreError } from './read-store-error.js';

const corrupt = (path: string, what: string): ReadStoreError =>
  new ReadStoreError(
    'STORE_CORRUPT',
    `The read store at ${path} is damaged (${what}): remove that directory and rebuild the projections, or restore it from a copy.`,
  );

/**
 * Looks at a directory before LMDB maps its file.
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
  const damage = dataFileDamage(join(path, 'data.mdb'));
  if (damage !== undefined) throw corrupt(path, damage);
}
