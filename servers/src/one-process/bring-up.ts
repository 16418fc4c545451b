import { mkdir, rm } from 'node:fs/promises';
import { isPortFree } from '@order-flow/service-kit';
import { type Daemon, lastWords, pidOf, signalDaemon, startDaemon, stopDaemon } from '../processes/daemon.js';
import { freePorts } from '../processes/ports.js';
import { type Say, ServerError } from '../server.js';
import { holdsWithin } from '../wait.js';
import type { OneProcess, OneProcessOptions } from './one-process.js';
import { processDirectory, readStanding, type Standing, writeStanding } from './standing.js';

const START_TIMEOUT_MS = 60_000;
export const STOP_GRACE_MS = 15_000;

/** The process of a server in a state directory. */
export const daemonIn = (server: OneProcess, stateDir: string, port: number): Daemon =>
  server.daemon(processDirectory(stateDir), port);

async function untilServing(server: OneProcess, daemon: Daemon, port: number): Promise<void> {
  const serves = async (): Promise<boolean> => {
    if (await server.serves(port)) return true;
    if ((await pidOf(daemon)) !== undefined) return false;
    throw new ServerError(`${daemon.name} exited; the end of ${daemon.logFile}:\n${await lastWords(daemon)}`);
  };
  if (await holdsWithin(START_TIMEOUT_MS, serves)) return;
  const seconds = START_TIMEOUT_MS / 1_000;
  throw new ServerError(
    `${daemon.name} does not serve within ${seconds} s; the end of ${daemon.logFile}:\n${await lastWords(daemon, 5)}`,
  );
}

/** Starts the process on its port; resolves when clients are served. @throws ServerError */
export async function launch(server: OneProcess, stateDir: string, port: number): Promise<number> {
  const daemon = daemonIn(server, stateDir, port);
  const pid = await startDaemon(daemon);
  await untilServing(server, daemon, port);
  return pid;
}

function refuseOther({ fresh, port, stateDir }: OneProcessOptions, { title }: OneProcess, running: Standing): void {
  const difference = fresh ? '--fresh was given' : `its port is ${running.port}`;
  if (fresh || (port !== 0 && port !== running.port))
    throw new ServerError(`a ${title} runs already in ${stateDir}, and ${difference}; bring it down first`);
}

async function choosePort({ port }: OneProcessOptions): Promise<number> {
  if (port === 0) return (await freePorts(1))[0] ?? 0;
  if (await isPortFree(port)) return port;
  throw new ServerError(
    `port ${port} on 127.0.0.1 is in use; stop what listens there, or choose another one with --port N (0 for a free one)`,
  );
}

async function startNew(server: OneProcess, options: OneProcessOptions, say: Say): Promise<number> {
  const { stateDir } = options;
  const directory = processDirectory(stateDir);
  const port = await choosePort(options);
  if (options.fresh) await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await server.prepare(directory);
  const daemon = daemonIn(server, stateDir, port);
  await rm(daemon.logFile, { force: true });
  await writeStanding(stateDir, { port, wanted: true });
  try {
    const pid = await launch(server, stateDir, port);
    say(`Started the ${server.title} on 127.0.0.1:${port}, process ${pid}, log ${daemon.logFile}`);
  } catch (error) {
    await bringDown(server, stateDir, () => undefined);
    throw error;
  }
  return port;
}

/**
 * Brings a server up in its state directory, which the caller has for itself; one that runs already stays.
 * @returns its port
 * @throws ServerError
 */
export async function bringUp(server: OneProcess, options: OneProcessOptions, say: Say): Promise<number> {
  const { stateDir } = options;
  await server.install(say);
  await mkdir(stateDir, { recursive: true });
  const standing = await readStanding(stateDir);
  const daemon = standing && daemonIn(server, stateDir, standing.port);
  if (!standing || !daemon || (await pidOf(daemon)) === undefined) return startNew(server, options, say);
  refuseOther(options, server, standing);
  // one that is paused would be waited for in vain
  await signalDaemon(daemon, 'SIGCONT');
  await untilServing(server, daemon, standing.port);
  await writeStanding(stateDir, { ...standing, wanted: true });
  return standing.port;
}

/** Stops what runs in a state directory. */
export async function bringDown(server: OneProcess, stateDir: string, say: Say): Promise<void> {
  const standing = await readStanding(stateDir);
  if (!standing) {
    say(`Nothing was ever brought up in ${stateDir}`);
    return;
  }
  await writeStanding(stateDir, { ...standing, wanted: false });
  const daemon = daemonIn(server, stateDir, standing.port);
  const running = (await pidOf(daemon)) !== undefined;
  const killed = await stopDaemon(daemon, STOP_GRACE_MS);
  const late = killed ? `, which did not stop within ${STOP_GRACE_MS / 1_000} s: killed` : '';
  say(running ? `Stopped the ${server.title}${late}` : `No ${server.title} was running in ${stateDir}`);
}
