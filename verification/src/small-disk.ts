import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MB = 1024 * 1024;
const PLACE = 'ORDER_FLOW_SMALL_DISK';

/** The small disk that this process was started on, if it was. */
export const smallDisk = (): string | undefined => process.env[PLACE];

/**
 * Runs a program of ours again where a directory is a disk of its own, which only that process and its children see: a
 * file system of memory in a mount namespace, which Linux gives to any user.
 * @returns its exit code
 * @throws Error where there is no such thing
 */
export async function onSmallDisk(program: string, megabytes: number): Promise<number> {
  const disk = await mkdtemp(join(tmpdir(), 'small-disk-'));
  const script = 'mount -t tmpfs -o "size=$0m" tmpfs "$1" && shift && exec "$@"';
  const again = [String(megabytes), disk, process.execPath, program, ...process.argv.slice(2)];
  const child = spawn('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', script, ...again], {
    env: { ...process.env, [PLACE]: disk },
    stdio: 'inherit',
  });
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } catch (cause) {
    throw new Error('a small disk needs Linux, with unshare and mount', { cause });
  } finally {
    await rm(disk, { recursive: true, force: true });
  }
}

/** A file that takes the room of a disk. */
export class Ballast {
  readonly #file: string;

  constructor(private readonly disk: string) {
    this.#file = join(disk, 'ballast');
  }

  /** Leaves that many megabytes free. */
  fill(leaving: number): void {
    const file = openSync(this.#file, 'w');
    try {
      while (this.#free() > leaving) writeSync(file, Buffer.alloc(MB));
    } finally {
      closeSync(file);
    }
  }

  drop(): void {
    rmSync(this.#file, { force: true });
  }

  #free(): number {
    const { bavail, bsize } = statfsSync(this.disk);
    return (bavail * bsize) / MB;
  }
}
