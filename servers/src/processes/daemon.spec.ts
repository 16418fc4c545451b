import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { holdsWithin } from '../wait.js';
import { commandLine } from './command-line.js';
import { type Daemon, killDaemon, lastWords, pidOf, signalDaemon, startDaemon, stopDaemon } from './daemon.js';

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
    expect(await signalDaemon(daemon, 'SIGSTOP')).toBe(true);
    expect(await stopDaemon(daemon, 200)).toBe(true);
    expect(await commandLine(pid)).toBe('');
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
