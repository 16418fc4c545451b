import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dataFileDamage } from '@order-flow/lmdb-file';
import { LogError } from '../port.js';

export const notOurs = (path: string, reason: string): LogError =>
  new LogError('LOG_CORRUPT', `${path} ${reason}; move it away (a new log is then made) or restore it from a backup`);

/**
 * Makes the directory, or checks that what lies there can be opened.
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
  const damage = dataFileDamage(data);
  if (damage !== undefined) throw notOurs(path, `is damaged or no log (${damage})`);
}
