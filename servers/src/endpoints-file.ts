import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Variables } from './server.js';

/** Below the working directory. Each server has its state, and the file with the way into it, in a folder of its own. */
const STATE_ROOT = join('.data', 'servers');

/** Where a server is kept unless told otherwise. */
export const defaultStateDirectory = (name: string): string => join(STATE_ROOT, name);

const fileIn = (stateDirectory: string): string => join(stateDirectory, 'endpoint.json');

/** Keeps the way into a server for those who look for it; whole or not at all. */
export async function recordEndpoint(stateDirectory: string, variables: Variables): Promise<void> {
  await mkdir(stateDirectory, { recursive: true });
  const draft = `${fileIn(stateDirectory)}.draft-${process.pid}`;
  await writeFile(draft, `${JSON.stringify(variables, undefined, 2)}\n`);
  await rename(draft, fileIn(stateDirectory));
}

export async function forgetEndpoint(stateDirectory: string): Promise<void> {
  await rm(fileIn(stateDirectory), { force: true });
}

async function endpointIn(stateDirectory: string): Promise<Variables> {
  const text = await readFile(fileIn(stateDirectory), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? {} : (JSON.parse(text) as Variables);
}

/**
 * The environment variables of all servers that were brought up in their default places, and not down since. Whether
 * they still run is not asked.
 * @param root directory below which the servers are kept; default: where the tool keeps them, from the working directory
 */
export async function runningEndpoints(root: string = STATE_ROOT): Promise<Variables> {
  const names = await readdir(root).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const endpoints = await Promise.all(names.toSorted().map((name) => endpointIn(join(root, name))));
  return Object.assign({}, ...endpoints) as Variables;
}
