import { writeFinding } from '@order-flow/lmdb-file';
import { EventStoreError } from '../port.js';

const REMEDY = 'restore it from a backup, or remove it to begin with an empty store';

/** One line: the path, what is wrong with it, and what to do. */
export function storeCorrupt(path: string, finding: string, cause?: unknown): EventStoreError {
  const message = `${path} is not a usable event store (${finding}): ${REMEDY}`;
  return new EventStoreError('STORE_CORRUPT', message, undefined, { cause });
}

export function storeUnavailable(path: string, finding: string, cause?: unknown): EventStoreError {
  return new EventStoreError('STORE_UNAVAILABLE', `event store ${path}: ${finding}`, undefined, { cause });
}

const DAMAGED = /MDB_(CORRUPTED|PAGE_NOTFOUND|INVALID|BAD_TXN|PANIC)|located page was wrong type|page not found/i;

/** What a failure of the storage engine means to a caller. */
export function asStoreError(path: string, error: unknown): EventStoreError {
  if (error instanceof EventStoreError) return error;
  const finding = writeFinding(path, error);
  const damaged = error instanceof SyntaxError || DAMAGED.test(finding);
  return damaged ? storeCorrupt(path, finding, error) : storeUnavailable(path, finding, error);
}
