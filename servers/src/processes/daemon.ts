import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { ServerError } from '../server.js';
import { holdsWithin } from '../wait.js';
import { commandLine } from './command-line.js';
import { isPaused } from './paused.js';

const PAUSE_TIMEOUT_MS = 10_000;

/** A process that outlives the one that started it, found again by its pid file. */
export interface Daemon {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** A word of its command line that no other process has: what is at the recorded pid without it is a stranger. */
  readonly marker: string;
  readonly pidFile: string;
  readonly logFile: string;
}

/** Its pid while it runs. A pid file left by a kill or a restart of the machine counts for nothing. */
export async function pidOf({ pidFile, marker }: Daemon): Promise<number | undefined> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return (await commandLine(pid)).split(' ').includes(marker) ? pid : undefined;
}

/** Starts it in a session of its own, so that Ctrl-C does not reach it. @throws ServerError when there is no such program */
export async function startDaemon(daemon: Daemon): Promise<number> {
  const log = openSync(daemon.logFile, 'a');
  try {
    const child = spawn(daemon.command, daemon.args, { detached: true, stdio: ['ignore', log, log] });
    await once(child, 'spawn').catch((error: unknown) => {
      throw new ServerError(`${daemon.name} cannot be started: ${String(error)}`);
    });
    child.unref();
    const pid = child.pid ?? 0;
    await writeFile(daemon.pidFile, String(pid));
    return pid;
  } finally {
    closeSync(log);
  }
}

/** Signals it if it runs; says whether it did. Never reaches another process that has its former pid. */
export async function signalDaemon(daemon: Daemon, signal: NodeJS.Signals): Promise<boolean> {
  const pid = await pidOf(daemon);
  if (pid === undefined) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * Freezes it where it is. Resolves once it stands still, which is a moment after the signal; where the system does not
 * tell (other than Linux), once that is sent.
 * @throws ServerError when it does not run, or goes on
 */
export async function pauseDaemon(daemon: Daemon): Promise<void> {
  const pid = await pidOf(daemon);
  if (pid === undefined || !(await signalDaemon(daemon, 'SIGSTOP')))
    throw new ServerError(`${daemon.name} does not run, so it cannot be paused`);
  if (process.platform !== 'linux' || (await holdsWithin(PAUSE_TIMEOUT_MS, () => isPaused(pid)))) return;
  throw new ServerError(`${daemon.name} goes on after SIGSTOP (it may hang in the kernel); see ${daemon.pidFile}`);
}

const isGone = (daemon: Daemon) => async () => (await pidOf(daemon)) === undefined;

/** Kills it, and resolves when it is gone. */
export async function killDaemon(daemon: Daemon): Promise<void> {
  await signalDaemon(daemon, 'SIGKILL');
  if (!(await holdsWithin(10_000, isGone(daemon))))
    throw new ServerError(`${daemon.name} survives SIGKILL (it may hang in the kernel); see ${daemon.pidFile}`);
  await rm(daemon.pidFile, { force: true });
}

/** Lets it stop by itself, and kills it when that takes longer than `graceMs`. @returns whether it had to be killed */
export async function stopDaemon(daemon: Daemon, graceMs: number): Promise<boolean> {
  await signalDaemon(daemon, 'SIGTERM');
  // one that is paused takes the first signal only once it goes on
  await signalDaemon(daemon, 'SIGCONT');
  const stopped = await holdsWithin(graceMs, isGone(daemon));
  await killDaemon(daemon);
  return !stopped;
}

/** The last lines it wrote. */
export async function lastWords({ logFile }: Daemon, lines = 20): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}
