import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Daemon, lastWords, pidOf, startDaemon } from '../processes/daemon.js';
import { ServerError } from '../server.js';
import { holdsWithin } from '../wait.js';
import { answers } from './ping.js';

const START_TIMEOUT_MS = 20_000;

/** What was brought up, kept in its state directory. */
export interface Instance {
  readonly port: number;
  /** Whether it was brought up and not down since. */
  readonly wanted: boolean;
}

const file = (stateDir: string): string => join(stateDir, 'instance.json');

export async function readInstance(stateDir: string): Promise<Instance | undefined> {
  const text = await readFile(file(stateDir), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Instance);
}

/** Writes it whole or not at all. */
export async function writeInstance(stateDir: string, instance: Instance): Promise<void> {
  const draft = `${file(stateDir)}.draft`;
  await writeFile(draft, `${JSON.stringify(instance)}\n`);
  await rename(draft, file(stateDir));
}

/** Where the server runs. */
export const serverDirectory = (stateDir: string): string => join(stateDir, 'server');

/** The server as a process. Its directory is in its command line, which it is told to leave as it is. */
export function redisDaemon(stateDir: string, port: number): Daemon {
  const directory = serverDirectory(stateDir);
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', directory, '--set-proc-title', 'no'];
  return {
    name: 'Redis',
    command: 'redis-server',
    args: [...place, '--save', '', '--appendonly', 'no'],
    marker: directory,
    pidFile: join(directory, 'pid'),
    logFile: join(directory, 'redis.log'),
  };
}

/** Starts the process and resolves when it answers. @throws ServerError with the end of its log */
export async function launch(stateDir: string, port: number): Promise<number> {
  const daemon = redisDaemon(stateDir, port);
  await mkdir(serverDirectory(stateDir), { recursive: true });
  const pid = await startDaemon(daemon);
  const answersOrDied = async (): Promise<boolean> => {
    if (await answers(port)) return true;
    if ((await pidOf(daemon)) !== undefined) return false;
    throw new ServerError(`Redis exited; the end of ${daemon.logFile}:\n${await lastWords(daemon)}`);
  };
  if (await holdsWithin(START_TIMEOUT_MS, answersOrDied)) return pid;
  throw new ServerError(`Redis does not answer within ${START_TIMEOUT_MS / 1_000} s; see ${daemon.logFile}`);
}
