import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { openEmbeddedEventLog } from '@order-flow/event-log';
import { openEmbeddedReadStore, readModelAlias } from '@order-flow/read-store';
import { silentLogger } from '@order-flow/service-kit';
import { DataDirectoryInUse, lockDataDirectory } from './data-directory-lock.js';
import { demoAccounts } from './demo-shop.js';
import { needsSeed } from './seed.js';
import { startPlatform } from './start-platform.js';
import { eventually, RunningPlatform } from './testing/running-platform.js';

const leftovers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean();
});

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'platform-'));
  leftovers.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
const place = (sku: string) =>
  `mutation { placeOrder(input: {items: [{sku: "${sku}", quantity: 1}]}) { ... on Order { id } ... on Error { code } } }`;
const ada = { subject: 'ada', role: 'customer' } as const;

describe('a data directory', () => {
  it('belongs to one process; the lock of a dead one is taken over', async () => {
    const directory = await temporaryDirectory();
    const unlock = await lockDataDirectory(directory);
    await expect(lockDataDirectory(directory)).rejects.toThrow(DataDirectoryInUse);
    await unlock();
    await writeFile(join(directory, 'process.lock.7'), '999999999 1');
    await (
      await lockDataDirectory(directory)
    )();
  });

  it.each([
    ['without a lock', undefined],
    ['with the lock of a dead process', '999999999 1'],
    ['with a lock that names nobody', ''],
  ])('%s goes to one of several that start at once', async (_state, lock) => {
    for (let round = 0; round < 20; round++) {
      const directory = await temporaryDirectory();
      if (lock !== undefined) await writeFile(join(directory, 'process.lock.7'), lock);
      const starts = await Promise.allSettled(Array.from({ length: 4 }, () => lockDataDirectory(directory)));
      const refusals = starts.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
      expect(refusals.map(({ reason }) => reason as unknown)).toEqual(Array(3).fill(expect.any(DataDirectoryInUse)));
      expect(await readdir(directory)).toHaveLength(1);
    }
  });

  it.each([
    ['event-store', 'STORE_CORRUPT'],
    ['event-log', 'LOG_CORRUPT'],
    ['read-store', 'STORE_'],
  ])('with a half-written %s is refused by its name', async (part, code) => {
    const directory = await temporaryDirectory();
    await mkdir(join(directory, part));
    await writeFile(join(directory, part, 'data.mdb'), Buffer.alloc(100, 7));
    const failure = await startPlatform(directory, RunningPlatform.settings(), 0, silentLogger()).then(
      () => undefined,
      (error: unknown) => error as Error & { code: string },
    );
    expect(failure?.code).toContain(code);
    expect(failure?.message).toContain(join(directory, part));
    expect(failure?.message).not.toContain('\n');
  });
});

describe('a port that is in use', () => {
  it('stops the start with one line that names it, and leaves nothing running', async () => {
    const directory = await temporaryDirectory();
    const blocker = createServer();
    const port = await new Promise<number>((resolve) =>
      blocker.listen(0, '127.0.0.1', () => resolve((blocker.address() as { port: number }).port)),
    );
    leftovers.push(() => new Promise((resolve) => blocker.close(resolve)));
    const start = () =>
      startPlatform(directory, RunningPlatform.settings({ PROJECTIONS_PORT: port }), 0, silentLogger());
    await expect(start()).rejects.toThrow(`port ${port} on 127.0.0.1 is in use: projections cannot listen`);
    await (await RunningPlatform.start({ dataDir: directory })).stop();
  });
});

describe('a corrupt record on a topic', () => {
  it('is parked with its reason by everyone who reads it, and orders go on', async () => {
    const platform = await RunningPlatform.start();
    leftovers.push(() => platform.stop());
    await platform.seed();
    const log = await openEmbeddedEventLog({ path: join(platform.dataDir, 'event-log') });
    leftovers.push(() => log.close());
    const writer = await log.openWriter('vandal');
    const records = ['order.events', 'inventory.events', 'payment.events', 'order.commands'].map((topic) => ({
      topic,
      key: 'vandal',
      value: Buffer.from('{"half":'),
      timestamp: Date.now(),
    }));
    await writer.commit({ records });
    const { data } = await platform.graphql(place('TEA-SENCHA'), {}, ada);
    const { id } = data?.['placeOrder'] as { id: string };
    await eventually(async () => {
      const answer = await platform.graphql(`{ order(id: "${id}") { status } }`);
      return (answer.data?.['order'] as { status?: string } | undefined)?.status === 'CONFIRMED' || undefined;
    });
    const parked = async (topic: string): Promise<string[]> => {
      const from = (await log.admin.partitions(topic)).map(({ partition }) => ({ topic, partition, offset: 0 }));
      const sources: string[] = [];
      for await (const batch of log.read(from, { follow: false, signal: new AbortController().signal })) {
        for (const { headers } of batch.records)
          sources.push(`${headers['dlq-topic'] ?? ''} ${headers['dlq-code'] ?? ''}`);
      }
      return sources.sort();
    };
    const expected = {
      'inventory.dlq': ['order.events NOT_JSON'],
      'payment.dlq': ['inventory.events NOT_JSON', 'order.events NOT_JSON'],
      'order-saga.dlq': ['inventory.events NOT_JSON', 'order.events NOT_JSON', 'payment.events NOT_JSON'],
      'command-service.dlq': ['order.commands NOT_JSON'],
    };
    for (const [topic, sources] of Object.entries(expected)) {
      expect([
        topic,
        await eventually(async () => ((await parked(topic)).length >= sources.length ? parked(topic) : undefined)),
      ]).toEqual([topic, sources]);
    }
    const byProjections = await eventually(async () =>
      (await parked('projections.dlq')).length >= 6 ? parked('projections.dlq') : undefined,
    );
    expect(new Set(byProjections)).toEqual(
      new Set(['order.events NOT_JSON', 'inventory.events NOT_JSON', 'payment.events NOT_JSON']),
    );
  });
});

describe('a restart', () => {
  it('goes on with a seeding that was interrupted, be it before the last deposit', async () => {
    const running = await RunningPlatform.start();
    leftovers.push(() => running.stop());
    const whole = globalThis.fetch;
    const last = demoAccounts.at(-1)?.accountId ?? '';
    const cut = jest.spyOn(globalThis, 'fetch').mockImplementation((to, how) => {
      const refused = (to as string).endsWith(`/${last}/deposits`);
      return refused ? Promise.reject(new Error('killed')) : whole(to, how);
    });
    await expect(running.seed()).rejects.toThrow('killed');
    cut.mockRestore();
    expect(await needsSeed(running.platform.store)).toBe(true);
    await running.seed();
    expect(await needsSeed(running.platform.store)).toBe(false);
  });

  it('finds everything as it was, and does not seed again', async () => {
    const first = await RunningPlatform.start();
    const { dataDir } = first;
    leftovers.push(() => rm(dataDir, { recursive: true, force: true }));
    expect(await needsSeed(first.platform.store)).toBe(true);
    await first.seed();
    const { data } = await first.graphql(place('TEA-SENCHA'), {}, ada);
    const { id } = data?.['placeOrder'] as { id: string };
    await first.stop({ keepData: true });
    const second = await RunningPlatform.start({ dataDir });
    leftovers.push(() => second.stop({ keepData: true }));
    expect(await needsSeed(second.platform.store)).toBe(false);
    const status = await eventually(async () => {
      const answer = await second.graphql(`{ order(id: "${id}") { status } }`);
      const order = answer.data?.['order'] as { status?: string } | undefined;
      return order?.status === 'CONFIRMED' ? order.status : undefined;
    });
    expect(status).toBe('CONFIRMED');
    const readStore = await openEmbeddedReadStore({ path: join(dataDir, 'read-store') });
    leftovers.push(() => readStore.close());
    expect(await readModelAlias(readStore, 'orders')).toMatchObject({ collection: 'orders__1', generation: 1 });
  });
});
