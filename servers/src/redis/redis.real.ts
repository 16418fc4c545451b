import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { serversCommand } from '../cli/commands.js';
import { daemonIn } from '../one-process/bring-up.js';
import { oneProcessServer } from '../one-process/one-process-server.js';
import { pauseDaemon } from '../processes/daemon.js';
import { answers } from './ping.js';
import { redis as server } from './redis.js';
import { type RunningRedis, startRedis } from './start-redis.js';

const portOf = (url: string): number => Number(new URL(url).port);

describe('servers up redis', () => {
  let stateDir: string;
  const said: string[] = [];
  const run = (...argv: readonly string[]) => {
    let out = '';
    let failed = false;
    const console = {
      out: (text: string) => void (out += text),
      say: (text: string) => void said.push(text),
      failed: () => void (failed = true),
    };
    return serversCommand(console)
      .parseAsync([...argv, '--state-dir', stateDir], { from: 'user' })
      .then(() => ({ out, failed }));
  };

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'servers-redis-'));
  });
  afterEach(async () => {
    await oneProcessServer(server).down(stateDir, () => undefined);
    await rm(stateDir, { recursive: true });
  });

  it('prints REDIS_URL of a server that answers, keeps one that runs, and takes it down', async () => {
    const first = await run('up', 'redis', '--port', '0');
    expect(first.out).toMatch(/^REDIS_URL=redis:\/\/127\.0\.0\.1:\d+$/);
    const port = portOf(first.out.slice('REDIS_URL='.length));
    expect(await answers(port)).toBe(true);
    expect((await run('up', 'redis', '--port', '0')).out).toBe(first.out);
    await expect(run('up', 'redis', '--port', String(port - 1))).rejects.toThrow(`its port is ${port}`);
    const status = await run('status', 'redis');
    expect(status.failed).toBe(false);
    expect(status.out).toMatch(new RegExp(`redis +Redis server +\\d+ +${port} +ready +7`));
    await pauseDaemon(daemonIn(server, stateDir, port));
    expect((await run('status', 'redis')).out).toContain('paused');
    expect((await run('up', 'redis', '--port', '0')).out).toBe(first.out);
    expect(await answers(port)).toBe(true);
    await run('down', 'redis');
    expect(await answers(port)).toBe(false);
    expect((await run('status', 'redis')).out).toContain('stopped');
  });

  it('says that a port is taken', async () => {
    const redis = await startRedis();
    try {
      const taken = String(portOf(redis.url));
      await expect(run('up', 'redis', '--port', taken)).rejects.toThrow(`port ${taken} on 127.0.0.1 is in use`);
    } finally {
      await redis.down();
    }
  });
});

describe('a Redis under control', () => {
  let redis: RunningRedis;
  beforeEach(async () => {
    redis = await startRedis();
  });
  afterEach(() => redis.down());

  it('is killed, stopped, paused and started again on its port', async () => {
    const port = portOf(redis.url);
    for (const end of ['kill', 'stop'] as const) {
      await redis[end]();
      expect(await answers(port)).toBe(false);
      await redis.start();
      expect(await answers(port)).toBe(true);
    }
    await redis.pause();
    expect(await answers(port, 200)).toBe(false);
    await redis.resume();
    expect(await answers(port)).toBe(true);
  });
});
