import { rm, writeFile } from 'node:fs/promises';
import { isInstalled, type Program, requireProgram } from '../processes/program.js';
import { runProgram } from '../processes/run-program.js';
import type { Say } from '../server.js';

const MINUTES_5 = 300_000;

const redis: Program = {
  command: 'redis-server',
  versionArgument: '--version',
  atLeast: 7,
  remedy: 'on Debian and Ubuntu: apt-get install redis-server',
};

const apt: Program = { command: 'apt-get', versionArgument: '--version', atLeast: 1, remedy: redis.remedy };

const aptGet = (...args: readonly string[]): Promise<void> =>
  runProgram('env', ['DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...args], MINUTES_5);

/** Where Debian's packages ask whether they may start their services. */
const POLICY = '/usr/sbin/policy-rc.d';

/** A machine that has a policy keeps it. */
async function withoutStartingServices(work: () => Promise<void>): Promise<void> {
  const made = await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' }).then(
    () => true,
    () => false,
  );
  try {
    await work();
  } finally {
    if (made) await rm(POLICY, { force: true });
  }
}

/**
 * Installs the system's package where that is possible: on Debian and its like, as root.
 * @throws ServerError with the remedy where it is not
 */
export async function installRedis(say: Say): Promise<void> {
  const root = process.getuid?.() === 0;
  if (!(await isInstalled(redis)) && root && (await isInstalled(apt))) {
    say('Installing redis-server with apt-get (once) …');
    await aptGet('update');
    await withoutStartingServices(() => aptGet('install', '-y', '--no-install-recommends', 'redis-server'));
  }
  await requireProgram(redis);
}
