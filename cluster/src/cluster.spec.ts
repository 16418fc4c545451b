import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from '@jest/globals';
import { Cluster } from './cluster.js';
import { ONE_OF_EACH } from './plan.js';

const SERVERS = {
  EVENT_STORE_URL: 'esdb://127.0.0.1:1?tls=false',
  KAFKA_BROKERS: '127.0.0.1:1',
  MONGO_URL: 'mongodb://127.0.0.1:1',
  REDIS_URL: 'redis://127.0.0.1:1',
};

const start = (ports: Record<string, string>): Promise<Cluster> =>
  Cluster.start({
    env: { ...SERVERS, ...ports },
    dataDir: '/nonexistent',
    portOffset: 0,
    scale: ONE_OF_EACH,
    line: () => undefined,
    note: () => undefined,
  });

it('a port where something listens already is refused before anything is started: it would answer instead', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  try {
    await expect(start({ REGISTRY_PORT: String(port) })).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringMatching(new RegExp(`^port ${port}, of registry\\.1, is in use; .*--port-offset N`)),
    });
  } finally {
    other.close();
  }
});

it('a port that browsers refuse is refused before anything is started', async () => {
  await expect(start({ REGISTRY_PORT: '10080' })).rejects.toThrow(
    'port 10080 of registry.1 is one that browsers refuse',
  );
});
