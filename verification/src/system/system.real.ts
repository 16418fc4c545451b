import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sample } from '@order-flow/all-in-one';
import { ONE_OF_EACH, programOf, type Service } from '@order-flow/cluster';
import { eventLogFor } from './event-log-for.js';
import { eventually } from './eventually.js';
import { GraphqlClient } from './graphql-client.js';
import { SystemUnderTest } from './system-under-test.js';

const run = promisify(execFile);
const SCALE = { ...ONE_OF_EACH, 'graphql-gateway': 2 };
const ENDS = ['CONFIRMED', 'FAILED', 'CANCELLED'];

describe('every service as a process of its own, on real servers', () => {
  let system: SystemUnderTest;
  let gateways: readonly GraphqlClient[];
  beforeAll(async () => {
    system = await SystemUnderTest.begin({ seed: 1, brokers: 1, scale: SCALE, say: () => undefined });
    const token = await system.cluster.identity.issue({ subject: sample.accountId, role: 'customer' });
    gateways = system.cluster.of('graphql-gateway').map(({ instance }) => new GraphqlClient(instance.url, token));
  }, 240_000);
  afterAll(() => system.end(), 120_000);

  const gateway = (index: number): GraphqlClient => {
    const found = gateways[index];
    if (found) return found;
    throw new Error(`there is no gateway ${index}`);
  };
  const readiness = async (service: Service): Promise<number> => {
    const [first] = system.cluster.of(service);
    return (await fetch(`${first?.instance.url ?? ''}/health/ready`)).status;
  };
  const ended = (id: string): Promise<string> =>
    eventually(`the end of order ${id}`, async () => {
      const status = await gateway(0).statusOf(id);
      return status !== undefined && ENDS.includes(status) ? status : undefined;
    });

  it('an order placed at one gateway is watched at another until it is CONFIRMED', async () => {
    const id = await gateway(0).place(sample.sku, 2);
    expect(await gateway(1).watchUntil(id, 'CONFIRMED')).toContain('CONFIRMED');
  });

  it('the registry knows each instance, and forgets one that was drained', async () => {
    const operator = await system.cluster.identity.issue({ subject: 'operator', role: 'operator' });
    const [registry] = system.cluster.of('registry');
    const known = async (): Promise<string[]> => {
      const headers = { authorization: `Bearer ${operator}` };
      const response = await fetch(`${registry?.instance.url ?? ''}/services`, { headers });
      const { instances } = (await response.json()) as { instances: { service: string; status: string }[] };
      return instances.filter(({ status }) => status === 'UP').map(({ service }) => service);
    };
    const registered = [...Object.keys(ONE_OF_EACH), 'graphql-gateway'].sort();
    expect((await known()).sort()).toEqual(registered);
    await system.cluster.scale('command-service', 2);
    await eventually('a second command service', async () => (await known()).length === 8 || undefined);
    await system.cluster.scale('command-service', 1);
    await eventually('one command service', async () => (await known()).length === 7 || undefined);
    expect(await ended(await gateway(0).place(sample.sku, 1))).toBe('CONFIRMED');
  });

  it('a record that is no event is parked with its origin, and what comes after it goes on', async () => {
    const log = await eventLogFor(system);
    try {
      const writer = await log.openWriter('somebody-else');
      const unknown = {
        specversion: '1.0',
        id: 'x',
        source: '/x',
        type: 'OrderTeleported',
        subject: 'nobody',
        time: '2026-01-01T00:00:00Z',
      };
      const value = Buffer.from(JSON.stringify(unknown));
      await writer.commit({ records: [{ topic: 'order.events', key: 'nobody', value, timestamp: Date.now() }] });
      await writer.close();
      for (const topic of ['projections.dlq', 'inventory.dlq', 'order-saga.dlq'])
        await eventually(`a letter on ${topic}`, async () => {
          const partitions = await log.admin.partitions(topic);
          return partitions.some(({ begin, end }) => end > begin) || undefined;
        });
    } finally {
      await log.close();
    }
    expect(await ended(await gateway(0).place(sample.sku, 1))).toBe('CONFIRMED');
  });

  const outages = [
    ['Kafka', 'projections', () => system.servers.kafka.stop(1), () => system.servers.kafka.start(1)],
    [
      'the event store',
      'command-service',
      () => system.servers.eventStore.kill(),
      () => system.servers.eventStore.start(),
    ],
    ['MongoDB', 'projections', () => system.servers.mongo.pause(), () => system.servers.mongo.resume()],
  ] as const;
  it.each(outages)(
    'without %s, %s is not ready; afterwards everything goes on by itself',
    async (_, service, away, back) => {
      await away();
      try {
        await eventually('unreadiness', async () => ((await readiness(service)) === 503 ? true : undefined));
      } finally {
        await back();
      }
      await eventually('readiness', async () => ((await readiness(service)) === 200 ? true : undefined));
      await system.cluster.ready();
      expect(await ended(await gateway(1).place(sample.sku, 1))).toBe('CONFIRMED');
    },
  );

  it('without Redis orders go on, and an instance that comes is known once Redis is back', async () => {
    await system.servers.redis.kill();
    expect(await ended(await gateway(0).place(sample.sku, 1))).toBe('CONFIRMED');
    await system.servers.redis.start();
    expect(await ended(await gateway(1).place(sample.sku, 1))).toBe('CONFIRMED');
  });

  describe('a process that cannot start says why in one line and ends with exit code 1', () => {
    let dataDir: string;
    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'cannot-start-'));
    });
    afterAll(() => rm(dataDir, { recursive: true, force: true }));

    async function lastWords(service: Service, changes: Record<string, string>): Promise<string> {
      const [twin] = system.cluster.of(service);
      const env = { ...system.env, ...twin?.instance.env, DATA_DIR: dataDir, ...changes };
      const failure: unknown = await run(process.execPath, [...programOf(service)], { env }).catch(
        (error: unknown) => error,
      );
      const { code, stderr } = failure as { code: number; stderr: string };
      expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
      return stderr;
    }

    it.each<[Service, Record<string, string>, RegExp]>([
      [
        'projections',
        { MONGO_URL: '' },
        /MONGO_URL not set; projections as a process of its own runs on KAFKA_BROKERS, MONGO_URL, REDIS_URL/,
      ],
      [
        'command-service',
        { EVENT_STORE_URL: 'http://127.0.0.1' },
        /EVENT_STORE_URL="http:.*not valid; allowed: esdb:\/\//,
      ],
      ['registry', { REDIS_URL: 'redis://:not-told@127.0.0.1:1' }, /REDIS_URL/],
      ['graphql-gateway', { MONGO_URL: 'mongodb://u:not-told@127.0.0.1:1/db' }, /MONGO_URL/],
      ['processors', { IDENTITY_DIR: '/nonexistent' }, /IDENTITY_DIR.*npm run admin -- token/],
    ])(
      '%s with %j',
      async (service, changes, words) => {
        const said = await lastWords(service, changes);
        expect(said).toMatch(words);
        expect(said).not.toContain('not-told');
      },
      60_000,
    );

    it('a port that is in use', async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      try {
        expect(await lastWords('registry', { REGISTRY_PORT: String(port) })).toContain(
          `port ${port} on 127.0.0.1 is in use`,
        );
      } finally {
        server.close();
      }
    }, 60_000);
  });
});
