import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
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

/** The living process that a lock names. */
async function ownerOf(lock: string): Promise<number | undefined> {
  const [pid = '', started = ''] = lock.split(' ');
  const owner = Number(pid);
  return owner > 0 && isAlive(owner) && (await startTime(owner)) === started ? owner : undefined;
}

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;

/** Puts a file under another name too, unless that is taken. */
async function place(from: string, to: string): Promise<boolean> {
  return link(from, to).then(
    () => true,
    (error: unknown) => {
      if (isCode(error, 'EEXIST')) return false;
      throw error;
    },
  );
}

/** The numbers of the locks that are there, the highest first; what a number below it says no longer counts. */
async function generations(directory: string): Promise<readonly number[]> {
  const numbers = (await readdir(directory)).map((name) => /^process\.lock\.(\d+)$/.exec(name)?.[1]);
  return numbers
    .filter((number) => number !== undefined)
    .map(Number)
    .sort((a, b) => b - a);
}

/**
 * Puts `own` one number above a lock whose owner is dead. Whoever does that first has it; who comes late, with a number
 * that was cleared away meanwhile, sees a higher one, for the highest is never removed.
 */
async function claim(directory: string, own: string): Promise<string> {
  const lock = (generation: number): string => join(directory, `process.lock.${generation}`);
  for (;;) {
    const [last = 0] = await generations(directory);
    const owner = await ownerOf(await readFile(lock(last), 'utf8').catch(() => ''));
    if (owner) throw new DataDirectoryInUse(directory, owner);
    const mine = lock(last + 1);
    if (!(await place(own, mine))) continue;
    const [highest, ...former] = await generations(directory);
    if (highest !== last + 1) {
      await rm(mine, { force: true });
      continue;
    }
    await Promise.all(former.map((generation) => rm(lock(generation), { force: true })));
    return mine;
  }
}

/**
 * Takes a data directory for this process. A lock whose owner is dead is passed over, so a kill needs no clean-up; of
 * several that start at once one gets it.
 * @returns how to give it back
 * @throws DataDirectoryInUse
 */
export async function lockDataDirectory(directory: string): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const own = join(directory, `process.${randomUUID()}`);
  await writeFile(own, `${process.pid} ${await startTime(process.pid)}`);
  const lock = await claim(directory, own).finally(() => rm(own, { force: true }));
  // Emptied, not removed: the next number is one above it.
  return () => truncate(lock).catch(() => undefined);
}
