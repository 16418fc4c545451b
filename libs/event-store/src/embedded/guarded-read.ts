import { asStoreError, storeUnavailable } from './damage.js';
import type { Tables } from './tables.js';

/**
 * Runs a synchronous read on what all processes have written by now, unless the store was closed meanwhile (touching a
 * closed LMDB environment would end the process), and names the store in whatever goes wrong.
 */
export function guardedRead<T>(tables: Tables, read: () => T): T {
  if (tables.closed.aborted) throw storeUnavailable(tables.path, 'it is closed');
  try {
    tables.environment.resetReadTxn();
    return read();
  } catch (error) {
    throw asStoreError(tables.path, error);
  }
}
