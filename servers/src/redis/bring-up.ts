import { mkdir, rm } from 'node:fs/promises';
import { pidOf, signalDaemon, stopDaemon } from '../processes/daemon.js';
import { isPaused } from '../processes/paused.js';
import { freePorts, isFree } from '../processes/ports.js';
import { type Endpoint, type Say, ServerError, type Status } from '../server.js';
import { installRedis } from './install.js';
import { type Instance, launch, readInstance, redisDaemon, serverDirectory, writeInstance } from './instance.js';
import type { RedisOptions } from './options.js';
import { answers } from './ping.js';
import { redisVersion } from './version.js';

const STOP_GRACE_MS = 5_000;

/** Where clients find it. */
export const redisUrl = (port: number): string => `redis://127.0.0.1:${port}`;

export const endpointsOf = ({ port }: Instance): readonly [Endpoint] => [
  { name: 'plain', variables: { REDIS_URL: redisUrl(port) } },
];

const runningPid = (stateDir: string, { port }: Instance): Promise<number | undefined> =>
  pidOf(redisDaemon(stateDir, port));

async function startOn(stateDir: string, wantedPort: number, say: Say): Promise<Instance> {
  const [port = 0] = wantedPort === 0 ? await freePorts(1) : [wantedPort];
  if (!(await isFree(port)))
    throw new ServerError(`port ${port} is taken; stop what listens there, or choose another with --port`);
  const instance = { port, wanted: true };
  const { logFile } = redisDaemon(stateDir, port);
  // restarts go on in one log, a new `up` begins a new one
  await rm(logFile, { force: true });
  await writeInstance(stateDir, instance);
  try {
    const pid = await launch(stateDir, port);
    say(`Started Redis on 127.0.0.1:${port}, process ${pid}, log ${logFile}`);
  } catch (error) {
    await bringDown(stateDir, () => undefined);
    throw error;
  }
  return instance;
}

/**
 * Brings the server up in its state directory, which the caller has for itself. One that runs already stays.
 * @throws ServerError
 */
export async function bringUp({ stateDir, port }: RedisOptions, say: Say): Promise<Instance> {
  await installRedis(say);
  await mkdir(stateDir, { recursive: true });
  const standing = await readInstance(stateDir);
  if (!standing || (await runningPid(stateDir, standing)) === undefined) return startOn(stateDir, port, say);
  if (port !== 0 && port !== standing.port)
    throw new ServerError(`Redis runs already in ${stateDir}, and its port is ${standing.port}; bring it down first`);
  const instance = { ...standing, wanted: true };
  await writeInstance(stateDir, instance);
  await signalDaemon(redisDaemon(stateDir, standing.port), 'SIGCONT');
  return instance;
}

/** Stops the server of a state directory. */
export async function bringDown(stateDir: string, say: Say): Promise<void> {
  const standing = await readInstance(stateDir);
  if (!standing) {
    say(`Nothing was ever brought up in ${stateDir}`);
    return;
  }
  await writeInstance(stateDir, { ...standing, wanted: false });
  const ran = (await runningPid(stateDir, standing)) !== undefined;
  await stopDaemon(redisDaemon(stateDir, standing.port), STOP_GRACE_MS);
  say(ran ? 'Stopped Redis' : `No Redis was running in ${stateDir}`);
}

async function stateOf(port: number, pid: number | undefined): Promise<Status['parts'][number]['state']> {
  if (pid === undefined) return 'stopped';
  if (await isPaused(pid)) return 'paused';
  return (await answers(port)) ? 'ready' : 'not ready';
}

/** What runs of a state directory's server. */
export async function redisStatus(stateDir: string): Promise<Status> {
  const standing = await readInstance(stateDir);
  if (!standing) return { parts: [], wanted: false };
  const { port, wanted } = standing;
  const pid = await runningPid(stateDir, standing);
  const part = {
    name: 'server',
    pid,
    port,
    state: await stateOf(port, pid),
    version: await redisVersion(),
    directory: serverDirectory(stateDir),
  };
  return { parts: [part], wanted };
}
