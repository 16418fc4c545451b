import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { silentLogger } from '@order-flow/service-kit';
import { describe, expect, it } from '@jest/globals';
import { CoordinationError, openCoordination } from './index.js';
import { openRedisCoordination } from './redis/redis-coordination.js';

/** A port of this machine on which nobody listens any more. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('opening coordination', () => {
  it('stays within this process unless a Redis is named', async () => {
    const coordination = await openCoordination({ REDIS_URL: undefined }, silentLogger());
    await coordination.ping();
    await coordination.directory.register({ service: 's', id: 'a', url: 'http://127.0.0.1:1' });
    expect(coordination.directory.all()).toHaveLength(1);
    await coordination.close();
  });

  it('names a Redis that is away, the cause and what to do, but no password', async () => {
    const port = await deadPort();
    const url = `redis://user:hush@127.0.0.1:${port}`;
    const failure: unknown = await openRedisCoordination(url, silentLogger(), { patience: 3_000 }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(CoordinationError);
    expect(failure).toMatchObject({ code: 'COORDINATION_UNAVAILABLE' });
    expect((failure as CoordinationError).message).toBe(
      `Redis at 127.0.0.1:${port} does not answer (connection refused); start it, or correct REDIS_URL`,
    );
  });

  it.each(['localhost', 'http://:hush@localhost', 'redis://'])('refuses %s at once', async (url) => {
    const failure: unknown = await openCoordination({ REDIS_URL: url }, silentLogger()).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'COORDINATION_REFUSED' });
    expect((failure as CoordinationError).message).toMatch(/^REDIS_URL is not an address of Redis/);
    expect((failure as CoordinationError).message).not.toContain('hush');
  });
});
