import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { alone } from '../processes/directory-lock.js';
import type { Server } from '../server.js';
import { bringDown, bringUp, endpointsOf, redisStatus } from './bring-up.js';
import { installRedis } from './install.js';
import { REDIS_DEFAULTS, type RedisOptions } from './options.js';

const port = (text: string): number => {
  const value = Number(text);
  if (/^\d+$/.test(text) && (value === 0 || (value >= 1_024 && value <= 65_535))) return value;
  throw new InvalidArgumentError('a port from 1024 on is needed, or 0 for a free one.');
};

/** The system's Redis, in memory only. */
export const redisServer: Server<RedisOptions> = {
  name: 'redis',
  stateDirectory: '.data/servers/redis',
  declare: (command: Command) =>
    command.option('--port <n>', 'to listen on, 0 for a free one', port, REDIS_DEFAULTS.port),
  install: (_options, say) => installRedis(say),
  up: (given, say) => {
    const options = { ...given, stateDir: resolve(given.stateDir) };
    return alone(options.stateDir, async () => endpointsOf(await bringUp(options, say)));
  },
  down: (stateDirectory, say) => {
    const stateDir = resolve(stateDirectory);
    return alone(stateDir, () => bringDown(stateDir, say));
  },
  status: (stateDirectory) => redisStatus(resolve(stateDirectory)),
};
