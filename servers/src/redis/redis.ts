import { join } from 'node:path';
import type { OneProcess } from '../one-process/one-process.js';
import { installRedis } from './install.js';
import { answers } from './ping.js';
import { redisVersion } from './version.js';

/** For `REDIS_URL`. */
export const redisUrl = (port: number): string => `redis://127.0.0.1:${port}`;

/** The system's Redis, all data in memory. */
export const redis: OneProcess = {
  name: 'redis',
  title: 'Redis server',
  version: redisVersion,
  port: 6_390,
  aboutFresh: 'refuse one that runs already; the server keeps nothing on disk and always begins empty',
  install: installRedis,
  prepare: async () => undefined,
  daemon: (directory, port) => {
    // its directory is the marker in its command line, which it is told to leave as it is
    const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', directory, '--set-proc-title', 'no'];
    return {
      name: 'Redis server',
      command: 'redis-server',
      args: [...place, '--save', '', '--appendonly', 'no'],
      marker: directory,
      pidFile: join(directory, 'pid'),
      logFile: join(directory, 'redis.log'),
    };
  },
  serves: answers,
  variables: (port) => ({ REDIS_URL: redisUrl(port) }),
};
