import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServerError } from '../server.js';
import { commandLine } from './command-line.js';

interface Owner {
  readonly pid: number;
  readonly commandLine: string;
}

const isAlive = async (owner: Owner): Promise<boolean> => {
  const running = await commandLine(owner.pid);
  return running !== '' && running === owner.commandLine;
};

/** Makes the lock unless there is one. A link appears with its content or not at all: nobody ever reads half a lock. */
async function taken(mine: string, lock: string): Promise<boolean> {
  try {
    await link(mine, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a dead owner's lock away; puts back one that somebody else has taken in the meantime. */
async function takeAway(lock: string, stale: string, aside: string): Promise<void> {
  await rename(lock, aside).catch(() => undefined);
  const moved = await readFile(aside, 'utf8').catch(() => stale);
  if (moved !== stale) await link(aside, lock).catch(() => undefined);
  await rm(aside, { force: true });
}

/**
 * Works in a directory alone; another `up` or `down` there meanwhile is refused. The lock of a process that died is
 * taken over.
 * @throws ServerError naming the process that is at work
 */
export async function alone<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  await mkdir(directory, { recursive: true });
  const lock = join(directory, 'lock');
  const mine = `${lock}.${process.pid}`;
  const self: Owner = { pid: process.pid, commandLine: await commandLine(process.pid) };
  await writeFile(mine, JSON.stringify(self));
  try {
    while (!(await taken(mine, lock))) {
      const text = await readFile(lock, 'utf8').catch(() => undefined);
      if (text === undefined) continue;
      const owner = JSON.parse(text) as Owner;
      if (await isAlive(owner))
        throw new ServerError(`process ${owner.pid} is at work in ${directory}; wait until it is done`);
      await takeAway(lock, text, `${mine}.aside`);
    }
  } finally {
    await rm(mine, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}
