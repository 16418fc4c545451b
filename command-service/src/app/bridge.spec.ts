import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bridgeCheckpoint, catalogEvents, deterministicId } from '@order-flow/contracts';
import {
  type EventLog,
  LARGEST_RECORD,
  type LogRecord,
  type LogWriter,
  openMemoryEventLog,
} from '@order-flow/event-log';
import { type EventStore, openEmbeddedEventStore } from '@order-flow/event-store';
import { Metrics, silentLogger } from '@order-flow/service-kit';
import { type BridgeError, bridgeMetrics, runBridge } from './bridge.js';
import { commandDeadLetters } from './dead-letters.js';

const STREAMS = 7;
let directory: string;
let store: EventStore;
let log: EventLog;
const metrics = bridgeMetrics(new Metrics('test'));
const bridge = () => ({ store, log, logger: silentLogger(), metrics });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bridge-'));
  store = await openEmbeddedEventStore({ path: join(directory, 'events') });
  log = await openMemoryEventLog();
  await log.admin.ensureTopics([catalogEvents, bridgeCheckpoint, commandDeadLetters], { partitions: 3 });
});
afterEach(async () => {
  await log.close();
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

async function append(count: number, from = 0): Promise<void> {
  for (let n = from; n < from + count; n++) {
    const id = deterministicId('event', String(n));
    const sku = `SKU-${n % STREAMS}`;
    const metadata = { $correlationId: id, $causationId: id };
    await store.append(`product-${sku}`, [{ id, type: 'StockReceived', data: { sku, quantity: 1 }, metadata }], 'any');
    await store.append(
      `private-${n}`,
      [{ id: deterministicId('private', String(n)), type: 'Noise', data: {}, metadata }],
      'any',
    );
  }
}

async function carried(): Promise<{ id: string; key: string | null; revision: number }[]> {
  const from = [0, 1, 2].map((partition) => ({ topic: catalogEvents.name, partition, offset: 0 }));
  const seen = [];
  for await (const { records } of log.read(from, { follow: false, signal: new AbortController().signal })) {
    for (const { key, value } of records) {
      const event = JSON.parse(String(value)) as { id: string; streamrevision: number };
      seen.push({ id: event.id, key, revision: event.streamrevision });
    }
  }
  return seen;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 10_000; !(await condition());) {
    if (Date.now() > deadline) throw new Error('not within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const withWriters = (wrap: (writer: LogWriter) => LogWriter): EventLog => ({
  ...log,
  admin: log.admin,
  read: log.read.bind(log),
  identity: log.identity.bind(log),
  join: log.join.bind(log),
  close: log.close.bind(log),
  openWriter: async (id) => wrap(await log.openWriter(id)),
});

/** The log, whose writers fail before or after some of their commits, as a process dies. */
function dying(fails: () => 'before' | 'after' | undefined): EventLog {
  const wrap = (writer: LogWriter): LogWriter => ({
    close: () => writer.close(),
    async commit(batch) {
      const when = fails();
      if (when === 'before') throw new Error('died before the commit');
      const committed = await writer.commit(batch);
      if (when === 'after') throw new Error('died after the commit');
      return committed;
    },
  });
  return withWriters(wrap);
}

describe('the bridge', () => {
  it('carries each event once and in order, wherever it dies', async () => {
    let commits = 0;
    const mortal = dying(() => ([undefined, 'before', 'after'] as const)[commits++ % 3]);
    const stop = new AbortController();
    const supervised = (async () => {
      while (!stop.signal.aborted) {
        await runBridge({ ...bridge(), log: mortal }, stop.signal, () => undefined).catch(() => undefined);
      }
    })();
    for (let n = 0; n < 300; n += 20) await append(20, n);
    await until(async () => (await carried()).length >= 300);
    stop.abort();
    await supervised;
    const events = await carried();
    expect(events.map(({ id }) => id).sort()).toEqual(
      Array.from({ length: 300 }, (_, n) => deterministicId('event', String(n))).sort(),
    );
    for (let stream = 0; stream < STREAMS; stream++) {
      const revisions = events.filter(({ key }) => key === `SKU-${stream}`).map(({ revision }) => revision);
      expect(revisions).toEqual(revisions.map((_, index) => index));
    }
    expect(commits).toBeGreaterThan(6);
  });

  it('carries events of one append in one transaction', async () => {
    const stop = new AbortController();
    const running = runBridge(bridge(), stop.signal, () => undefined);
    const events = [1, 2, 3].map((n) => {
      const id = deterministicId('together', String(n));
      const metadata = { $correlationId: id, $causationId: id };
      return { id, type: 'StockReceived', data: { sku: 'SKU-0', quantity: n }, metadata };
    });
    await store.append('product-SKU-0', events, 'any');
    await until(async () => (await carried()).length === 3);
    stop.abort();
    await running;
    expect(await log.admin.partitions(bridgeCheckpoint.name)).toMatchObject([{ end: 1 }]);
  });

  it('lets a second instance take over, and the first one notices', async () => {
    const stop = new AbortController();
    const first = expect(runBridge(bridge(), stop.signal, () => undefined)).rejects.toMatchObject({
      code: 'FENCED',
    });
    await append(5);
    await until(async () => (await carried()).length === 5);
    let ready = false;
    const second = runBridge(bridge(), stop.signal, () => (ready = true));
    await until(() => Promise.resolve(ready));
    await append(5, 5);
    await first;
    await until(async () => (await carried()).length === 10);
    stop.abort();
    await second;
    expect(new Set((await carried()).map(({ id }) => id)).size).toBe(10);
  });

  it('refuses a checkpoint of another event store, and one beyond the end', async () => {
    const open = new Set<LogWriter>();
    const watched = withWriters((writer) => {
      const close = () => writer.close().finally(() => open.delete(seen));
      const seen: LogWriter = { commit: (batch) => writer.commit(batch), close };
      open.add(seen);
      return seen;
    });
    const checkpoint = async (identity: string, position: string) => {
      const writer = await log.openWriter('bridge');
      const value = Buffer.from(JSON.stringify({ identity, position }));
      await writer.commit({ records: [{ topic: bridgeCheckpoint.name, key: 'position', value, timestamp: 0 }] });
    };
    const refused = () =>
      runBridge({ ...bridge(), log: watched }, AbortSignal.timeout(5_000), () => undefined).then(
        () => undefined,
        (error: unknown) => (error as BridgeError).code,
      );
    await append(1);
    await checkpoint('11111111-1111-4111-8111-111111111111', '1');
    expect(await refused()).toBe('FOREIGN_CHECKPOINT');
    // It is tried again for ever: each writer left open would keep its connections.
    expect(open.size).toBe(0);
    await checkpoint(await store.identity(), '99999999999999999999');
    expect(await refused()).toBe('POSITION_BEYOND_END');
  });

  it('parks an event that no log takes, and goes on', async () => {
    const stop = new AbortController();
    const running = runBridge(bridge(), stop.signal, () => undefined);
    const id = deterministicId('large');
    const metadata = { $correlationId: id, $causationId: id };
    const data = { sku: 'SKU-0', note: 'x'.repeat(LARGEST_RECORD - 200) };
    await store.append('product-SKU-0', [{ id, type: 'StockReceived', data, metadata }], 'any');
    await append(1);
    await until(async () => (await carried()).length === 1);
    stop.abort();
    await running;
    const letters: LogRecord[] = [];
    const from = [0, 1, 2].map((partition) => ({ topic: commandDeadLetters.name, partition, offset: 0 }));
    for await (const { records } of log.read(from, { follow: false, signal: new AbortController().signal }))
      letters.push(...records);
    expect(letters).toMatchObject([
      {
        key: 'SKU-0',
        value: null,
        headers: {
          'dlq-error': expect.stringMatching(/^event 0 of product-SKU-0 takes 10\d{5} bytes/),
          'dlq-topic': catalogEvents.name,
          'dlq-offset': '0',
          'dlq-left-out': 'value',
        },
      },
    ]);
  });

  it('carries nothing a second time when its checkpoint is lost', async () => {
    const stop = new AbortController();
    const first = runBridge(bridge(), stop.signal, () => undefined);
    await append(5);
    await until(async () => (await carried()).length === 5);
    stop.abort();
    await first;
    const [{ end } = { end: 0 }] = await log.admin.partitions(bridgeCheckpoint.name);
    await log.admin.deleteRecords([{ topic: bridgeCheckpoint.name, partition: 0, offset: end }]);
    const again = runBridge(bridge(), AbortSignal.timeout(5_000), () => undefined);
    await expect(again).rejects.toMatchObject({
      code: 'CHECKPOINT_LOST',
      message: expect.stringContaining('catalog.events has events'),
    });
    expect(await carried()).toHaveLength(5);
  });
});
