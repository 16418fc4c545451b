import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killDaemon, pauseDaemon, signalDaemon, stopDaemon } from '../processes/daemon.js';
import { alone } from '../processes/directory-lock.js';
import { tether } from '../processes/tether.js';
import type { Say } from '../server.js';
import { bringDown, bringUp, daemonIn, launch, STOP_GRACE_MS } from './bring-up.js';
import type { OneProcess, OneProcessOptions } from './one-process.js';

/** A server under a test's control; each action resolves when it has taken effect. */
export interface RunningProcess {
  readonly port: number;
  readonly stateDir: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM. */
  stop(): Promise<void>;
  /** Starts it again at its port; resolves when clients are served. @throws ServerError */
  start(): Promise<void>;
  /** Freezes it where it is, connections open. @throws ServerError */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it; a temporary state directory is removed, another keeps its data. */
  down(): Promise<void>;
}

export type StartOneProcess = Partial<Omit<OneProcessOptions, 'fresh'>> & { readonly say?: Say };

/** Starts a server for a test: on a free port and in a temporary directory unless told otherwise. It ends with this
 *  process at the latest. @throws ServerError */
export async function startOneProcess(
  server: OneProcess,
  { say = () => undefined, port = 0, stateDir: given }: StartOneProcess,
): Promise<RunningProcess> {
  const stateDir = given ?? (await mkdtemp(join(tmpdir(), `order-flow-${server.name}-`)));
  const release = tether(stateDir, given === undefined ? 'remove' : 'keep');
  const options: OneProcessOptions = { port, stateDir, fresh: false };
  const chosen = await alone(stateDir, () => bringUp(server, options, say)).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  const daemon = daemonIn(server, stateDir, chosen);
  return {
    port: chosen,
    stateDir,
    kill: () => killDaemon(daemon),
    stop: async () => {
      await stopDaemon(daemon, STOP_GRACE_MS);
    },
    start: async () => {
      await launch(server, stateDir, chosen);
    },
    pause: () => pauseDaemon(daemon),
    resume: async () => {
      await signalDaemon(daemon, 'SIGCONT');
    },
    down: async () => {
      await (given === undefined ? killDaemon(daemon) : alone(stateDir, () => bringDown(server, stateDir, say)));
      await release();
    },
  };
}
