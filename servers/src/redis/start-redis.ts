import { type RunningProcess, startOneProcess, type StartOneProcess } from '../one-process/start-one-process.js';
import { protectedRedis, protectedRedisUrl, type RedisProtection, redis, redisUrl } from './redis.js';

/** A Redis under a test's control. What it held is gone with its process: started again, it is empty. */
export interface RunningRedis extends RunningProcess {
  /** For `REDIS_URL`. */
  readonly url: string;
}

export interface StartRedis extends StartOneProcess {
  /** Open to everybody on this machine without it. */
  readonly protection?: RedisProtection;
}

/**
 * Starts Redis for a test: on a free port and in a temporary directory unless told otherwise. It ends with this process
 * at the latest.
 * @throws ServerError
 */
export async function startRedis({ protection, ...options }: StartRedis = {}): Promise<RunningRedis> {
  const running = await startOneProcess(protection ? protectedRedis(protection) : redis, options);
  const { port } = running;
  return { ...running, url: protection ? protectedRedisUrl(port, protection.password) : redisUrl(port) };
}
