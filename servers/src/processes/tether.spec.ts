import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { holdsWithin } from '../wait.js';
import { commandLine } from './command-line.js';
import { type Daemon, killDaemon, pidOf, startDaemon } from './daemon.js';
import { tether } from './tether.js';

let directory: string;
let daemon: Daemon;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tether-'));
  const folder = join(directory, 'one');
  await mkdir(folder);
  daemon = {
    name: 'a daemon',
    command: process.execPath,
    args: ['-e', 'setInterval(() => {}, 1000)', join(folder, 'marker')],
    marker: join(folder, 'marker'),
    pidFile: join(folder, 'pid'),
    logFile: join(folder, 'log'),
  };
});
afterEach(async () => {
  await killDaemon(daemon);
  await rm(directory, { recursive: true, force: true });
});

it('ends the daemons of a directory, and the directory when told so', async () => {
  const end = tether(directory, 'keep');
  const pid = await startDaemon(daemon);
  await end();
  expect(await holdsWithin(10_000, async () => (await commandLine(pid)) === '')).toBe(true);
  expect(existsSync(directory)).toBe(true);
  await tether(directory, 'remove')();
  expect(existsSync(directory)).toBe(false);
});

it('does so when the process that holds it is killed', async () => {
  await startDaemon(daemon);
  const source = new URL('tether.ts', import.meta.url).href;
  const script = `const { tether } = await import(${JSON.stringify(source)});
    tether(${JSON.stringify(directory)}, 'keep'); setInterval(() => {}, 1000); console.log('held');`;
  const holder = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  expect(await pidOf(daemon)).toBeDefined();
  holder.kill('SIGKILL');
  expect(await holdsWithin(10_000, async () => (await pidOf(daemon)) === undefined)).toBe(true);
});
