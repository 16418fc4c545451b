import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What is kept beside a server's data. */
export interface Standing {
  readonly port: number;
  /** Whether it was brought up and not down since. */
  readonly wanted: boolean;
}

const file = (stateDir: string): string => join(stateDir, 'server.json');

/** The folder of the process inside a state directory. */
export const processDirectory = (stateDir: string): string => join(stateDir, 'process');

/** What stands in a state directory. */
export async function readStanding(stateDir: string): Promise<Standing | undefined> {
  const text = await readFile(file(stateDir), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Standing);
}

/** Writes it whole or not at all. */
export async function writeStanding(stateDir: string, standing: Standing): Promise<void> {
  const draft = `${file(stateDir)}.draft`;
  await writeFile(draft, `${JSON.stringify(standing)}\n`);
  await rename(draft, file(stateDir));
}
