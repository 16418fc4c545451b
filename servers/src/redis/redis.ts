import { join } from 'node:path';
import type { OneProcess } from '../one-process/one-process.js';
import type { Daemon } from '../processes/daemon.js';
import { installRedis } from './install.js';
import { answers, answersSecurely } from './ping.js';
import { redisVersion } from './version.js';

/** For `REDIS_URL`. */
export const redisUrl = (port: number): string => `redis://127.0.0.1:${port}`;

/** Its directory is the marker in its command line, which it is told to leave as it is. */
const daemonWith = (directory: string, listening: readonly string[]): Daemon => ({
  name: 'Redis server',
  command: 'redis-server',
  args: [
    ...['--bind', '127.0.0.1', ...listening, '--dir', directory, '--set-proc-title', 'no'],
    ...['--save', '', '--appendonly', 'no'],
  ],
  marker: directory,
  pidFile: join(directory, 'pid'),
  logFile: join(directory, 'redis.log'),
});

/** The system's Redis, all data in memory. */
export const redis: OneProcess = {
  name: 'redis',
  title: 'Redis server',
  version: redisVersion,
  port: 6_390,
  aboutFresh: 'refuse one that runs already; the server keeps nothing on disk and always begins empty',
  install: installRedis,
  prepare: async () => undefined,
  daemon: (directory, port) => daemonWith(directory, ['--port', String(port)]),
  serves: answers,
  variables: (port) => ({ REDIS_URL: redisUrl(port) }),
};

/** What protects a Redis: nobody gets in without TLS and the password. */
export interface RedisProtection {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly password: string;
}

/** The same server, protected. */
export const protectedRedis = ({ certificateFile, keyFile, password }: RedisProtection): OneProcess => ({
  ...redis,
  daemon: (directory, port) =>
    daemonWith(directory, [
      ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
      ...['--tls-cert-file', certificateFile, '--tls-key-file', keyFile, '--requirepass', password],
    ]),
  serves: answersSecurely,
  variables: (port) => ({ REDIS_URL: protectedRedisUrl(port, password) }),
});

export const protectedRedisUrl = (port: number, password: string): string => `rediss://:${password}@127.0.0.1:${port}`;
