import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Another process works on this data directory. */
export class DataDirectoryInUse extends Error {
  constructor(directory: string, pid: number) {
    super(`${directory} is in use by process ${pid}: stop it first, or start with --data-dir DIR and --port-offset N`);
    this.name = 'DataDirectoryInUse';
  }
}

/** When a process was started, in clock ticks since boot; tells a process from a later one with the same id (Linux). */
async function startTime(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Takes a data directory for this process. A lock whose owner is dead is taken over, so a kill needs no clean-up.
 * @returns how to give it back
 * @throws DataDirectoryInUse
 */
export async function lockDataDirectory(directory: string): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'process.lock');
  for (;;) {
    const handle = await open(file, 'wx').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
      throw error;
    });
    if (handle) {
      await handle.writeFile(`${process.pid} ${await startTime(process.pid)}`);
      await handle.close();
      return () => rm(file, { force: true });
    }
    const [pid = '', started = ''] = (await readFile(file, 'utf8').catch(() => '')).split(' ');
    const owner = Number(pid);
    if (owner > 0 && isAlive(owner) && (await startTime(owner)) === started)
      throw new DataDirectoryInUse(directory, owner);
    await rm(file, { force: true });
  }
}
