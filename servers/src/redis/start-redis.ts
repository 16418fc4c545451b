import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killDaemon, signalDaemon, stopDaemon } from '../processes/daemon.js';
import { alone } from '../processes/directory-lock.js';
import { tether } from '../processes/tether.js';
import type { Say } from '../server.js';
import { bringUp, redisUrl } from './bring-up.js';
import { launch, redisDaemon } from './instance.js';

const STOP_GRACE_MS = 5_000;

/** A server under a test's control; each action resolves when it has taken effect. What it held is gone with its process. */
export interface RunningRedis {
  /** As `REDIS_URL` wants it. */
  readonly url: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM. */
  stop(): Promise<void>;
  /** Starts it again, empty, on the same port; resolves when it answers. @throws ServerError */
  start(): Promise<void>;
  /** Freezes it where it is, connections open: to clients it hangs. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it and removes its directory. */
  down(): Promise<void>;
}

/**
 * Starts Redis for a test, on a free port and in a temporary directory. It ends with this process at the latest.
 * @throws ServerError
 */
export async function startRedis({ say = () => undefined }: { readonly say?: Say } = {}): Promise<RunningRedis> {
  const stateDir = await mkdtemp(join(tmpdir(), 'order-flow-redis-'));
  const release = tether(stateDir, 'remove');
  const { port } = await alone(stateDir, () => bringUp({ stateDir, port: 0 }, say)).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  const daemon = redisDaemon(stateDir, port);
  return {
    url: redisUrl(port),
    kill: () => killDaemon(daemon),
    stop: async () => {
      await stopDaemon(daemon, STOP_GRACE_MS);
    },
    start: async () => {
      await launch(stateDir, port);
    },
    pause: async () => {
      await signalDaemon(daemon, 'SIGSTOP');
    },
    resume: async () => {
      await signalDaemon(daemon, 'SIGCONT');
    },
    down: async () => {
      await killDaemon(daemon);
      await release();
    },
  };
}
