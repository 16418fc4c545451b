import { statfsSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** Free bytes below which a disk counts as full. LMDB is not trusted with a disk that really is: it was seen to corrupt the process. */
const RESERVE = 32 * 1024 * 1024;
/** Milliseconds between looks at a disk; what is written meanwhile must fit the reserve. */
const LOOK_EVERY = 50;
const MB = 1024 * 1024;

/** Infinity where the file system does not tell. */
function bytesFree(path: string): number {
  try {
    const { blocks, bavail, bsize } = statfsSync(path);
    return blocks === 0 ? Infinity : bavail * bsize;
  } catch {
    return Infinity;
  }
}

const fullDisk = (free: number): string | undefined =>
  free < RESERVE
    ? `its disk is full (${Math.floor(free / MB)} MB free): make room, ${RESERVE / MB} MB at least`
    : undefined;

/** The room that a directory's disk has left. */
export class DiskRoom {
  #lookedAt = -Infinity;
  #finding: string | undefined;

  /** @param free tells the bytes that are free on the disk of a path */
  constructor(
    private readonly path: string,
    private readonly free: (path: string) => number = bytesFree,
  ) {}

  /** To be called before each write. @throws Error while there is none */
  demand(): void {
    const now = performance.now();
    if (now - this.#lookedAt > LOOK_EVERY) {
      this.#lookedAt = now;
      this.#finding = fullDisk(this.free(this.path));
    }
    if (this.#finding !== undefined) throw new NoRoom(this.#finding);
  }
}

/** Refused before it was tried. */
class NoRoom extends Error {}

/** Whether nothing was written for a reason of the disk's or LMDB's, not of what was done within the transaction. */
export const isWriteFailure = (error: unknown): boolean =>
  error instanceof NoRoom || (error instanceof Error && 'commitError' in error);

/** Why something could not be written below a path, in one line. LMDB takes a disk without room for an input/output error. */
export function writeFinding(path: string, error: unknown): string {
  const finding = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
  const full = error instanceof NoRoom ? undefined : fullDisk(bytesFree(path));
  return full === undefined ? finding : `${full} (${finding})`;
}

/**
 * The reason of a failed commit, or the error itself. lmdb-js tells it by a second promise, whose rejection would end the
 * process if nobody handled it.
 */
export async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { readonly commitError?: Promise<unknown> };
  if (!commitError) return error;
  return Promise.race([commitError.catch((cause: unknown) => cause), setImmediate(error)]);
}
