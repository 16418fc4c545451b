import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sleep } from '@order-flow/service-kit';
import { holdsWithin } from '../wait.js';
import { commandLine } from './command-line.js';
import {
  type Daemon,
  killDaemon,
  lastWords,
  pauseDaemon,
  pidOf,
  signalDaemon,
  startDaemon,
  stopDaemon,
} from './daemon.js';
import { isPaused } from './paused.js';

let directory: string;
let daemon: Daemon;

const running = (script: string): Daemon => ({
  name: 'a daemon',
  command: process.execPath,
  args: ['-e', script, join(directory, 'marker')],
  marker: join(directory, 'marker'),
  pidFile: join(directory, 'pid'),
  logFile: join(directory, 'log'),
});

const says = (words: string) => async () => (await lastWords(daemon)).includes(words);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daemon-'));
});
afterEach(async () => {
  await killDaemon(daemon);
  await rm(directory, { recursive: true });
});

describe('a daemon', () => {
  it('is found by its pid file until it is stopped', async () => {
    daemon = running('setInterval(() => {}, 1000); console.log("on")');
    const pid = await startDaemon(daemon);
    expect(await pidOf(daemon)).toBe(pid);
    expect(await holdsWithin(10_000, says('on'))).toBe(true);
    expect(await stopDaemon(daemon, 10_000)).toBe(false);
    expect(await pidOf(daemon)).toBeUndefined();
    expect(await commandLine(pid)).toBe('');
  });

  it('is killed when it does not stop, even while it is paused', async () => {
    daemon = running('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("on")');
    const pid = await startDaemon(daemon);
    expect(await holdsWithin(10_000, says('on'))).toBe(true);
    await pauseDaemon(daemon);
    expect(await stopDaemon(daemon, 200)).toBe(true);
    expect(await commandLine(pid)).toBe('');
  });

  it('stands still once it is paused, and goes on when it is told', async () => {
    const busy = 'for (;;) { const until = Date.now() + 5; while (Date.now() < until); console.log("on"); }';
    daemon = running(busy);
    const pid = await startDaemon(daemon);
    expect(await holdsWithin(10_000, says('on'))).toBe(true);
    for (let turn = 0; turn < 5; turn++) {
      await pauseDaemon(daemon);
      const { size } = await stat(daemon.logFile);
      await sleep(30);
      expect((await stat(daemon.logFile)).size).toBe(size);
      if (process.platform === 'linux') expect(await isPaused(pid)).toBe(true);
      await signalDaemon(daemon, 'SIGCONT');
      expect(await holdsWithin(10_000, async () => (await stat(daemon.logFile)).size > size)).toBe(true);
      expect(await isPaused(pid)).toBe(false);
    }
  });

  it('that does not run cannot be paused', async () => {
    daemon = running('');
    await expect(pauseDaemon(daemon)).rejects.toThrow('a daemon does not run, so it cannot be paused');
  });

  it('is never taken for a stranger that was given its pid', async () => {
    daemon = running('');
    await writeFile(daemon.pidFile, String(process.pid));
    expect(await pidOf(daemon)).toBeUndefined();
    expect(await signalDaemon(daemon, 'SIGKILL')).toBe(false);
  });

  it('that cannot be started says so', async () => {
    daemon = { ...running(''), command: join(directory, 'no-such-program') };
    await expect(startDaemon(daemon)).rejects.toThrow(/a daemon cannot be started.*no-such-program/);
  });
});
