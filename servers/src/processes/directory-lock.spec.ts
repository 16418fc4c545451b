import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { alone } from './directory-lock.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('work in a directory', () => {
  it('is refused while another is at work, and may begin afterwards', async () => {
    const outcome = await alone(directory, async () => {
      await expect(alone(directory, async () => 'second')).rejects.toThrow(`process ${process.pid} is at work`);
      return 'first';
    });
    expect(outcome).toBe('first');
    expect(await alone(directory, async () => 'third')).toBe('third');
    expect(await readdir(directory)).toEqual([]);
  });

  it('begins again after one that failed', async () => {
    await expect(alone(directory, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await alone(directory, async () => 'next')).toBe('next');
  });

  it('takes over from a process that died, even where its pid is somebody else’s now', async () => {
    await writeFile(
      join(directory, 'lock'),
      JSON.stringify({ pid: process.pid, commandLine: 'one that is long dead' }),
    );
    expect(await alone(directory, async () => 'mine')).toBe('mine');
    expect(await readdir(directory)).toEqual([]);
  });
});
