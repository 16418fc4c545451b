import { type RunningProcess, startOneProcess, type StartOneProcess } from '../one-process/start-one-process.js';
import { redis, redisUrl } from './redis.js';

/** A Redis under a test's control. What it held is gone with its process: started again, it is empty. */
export interface RunningRedis extends RunningProcess {
  /** For `REDIS_URL`. */
  readonly url: string;
}

/**
 * Starts Redis for a test: on a free port and in a temporary directory unless told otherwise. It ends with this process
 * at the latest.
 * @throws ServerError
 */
export async function startRedis(options: StartOneProcess = {}): Promise<RunningRedis> {
  const running = await startOneProcess(redis, options);
  return { ...running, url: redisUrl(running.port) };
}
