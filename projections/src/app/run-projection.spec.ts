import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { deterministicId, encodeEvent, inventoryEvents, orderEvents, type OrderView } from '@order-flow/contracts';
import type { ReadStore } from '@order-flow/read-store';
import { silentLogger, sleep } from '@order-flow/service-kit';
import { orderId, type OrderLog, orderLog, ordersProjection } from '../testing/order-log.js';
import { until } from '../testing/until.js';
import type { ProjectionRun } from './projection-run.js';
import { runProjection } from './run-projection.js';

const COLLECTION = 'orders__1';

describe('events of a source that may wait', () => {
  let orders: OrderLog;
  let writes: number;
  let stop: () => Promise<void>;

  beforeEach(async () => {
    orders = await orderLog();
    writes = 0;
    const controller = new AbortController();
    const run = {
      projection: ordersProjection,
      collection: COLLECTION,
      log: orders.log,
      readStore: orders.readStore,
      logger: silentLogger(),
      changed: () => (writes += 1),
      progressed: () => undefined,
    };
    let running: Promise<void> = Promise.resolve();
    await new Promise<void>((ready) => void (running = runProjection(run, controller.signal, ready)));
    stop = async () => {
      controller.abort();
      await running;
    };
  });
  afterEach(async () => {
    await stop();
    await orders.stop();
  });

  const reserve = async (n: number): Promise<void> => {
    const id = orderId(n);
    const unitPrice = { amount: 100, currency: 'EUR' };
    const lines = [{ sku: 'TEA', name: 'Tea', quantity: 1, unitPrice }];
    const value = encodeEvent({
      specversion: '1.0',
      id: deterministicId('reserved', id),
      source: '/test',
      type: 'InventoryReserved',
      subject: id,
      time: '2026-01-01T00:00:00.000Z',
      datacontenttype: 'application/json',
      schemaversion: 1,
      correlationid: 'c',
      causationid: 'c',
      data: { orderId: id, customerId: 'alice', lines, total: unitPrice },
    });
    const writer = await orders.log.openWriter('inventory');
    await writer.commit({ records: [{ topic: inventoryEvents.name, key: id, value, timestamp: 0 }] });
  };
  const document = async () => (await orders.documents(COLLECTION))[0] as OrderView | undefined;

  it('share the write of those that may not', async () => {
    await reserve(1);
    await orders.write(1, 2);
    await until(async () => (await document())?.status === 'CONFIRMED');
    expect(await document()).toMatchObject({ status: 'CONFIRMED', reservation: { status: 'RESERVED' } });
    // A document can be read a moment before its write is told.
    await stop();
    expect(writes).toBe(1);
  });

  it('are written when none come', async () => {
    await reserve(1);
    await until(async () => (await document()) !== undefined);
    expect(await document()).toMatchObject({ reservation: { status: 'RESERVED' } });
  });

  it('are named by topics that are sources', () => {
    expect(Object.keys(ordersProjection.lingerMs)).not.toContain(orderEvents.name);
    const sources = ordersProjection.sources.map(({ name }) => name);
    expect(sources).toEqual(expect.arrayContaining(Object.keys(ordersProjection.lingerMs)));
  });
});

describe('several lanes', () => {
  let orders: OrderLog;
  beforeEach(async () => {
    orders = await orderLog();
    await orders.write(0, 300);
  });
  afterEach(() => orders.stop());

  const run = (readStore: ReadStore, folded: (events: number) => void): ProjectionRun => ({
    projection: ordersProjection,
    collection: COLLECTION,
    log: orders.log,
    readStore,
    logger: silentLogger(),
    changed: () => undefined,
    progressed: folded,
    lanes: 3,
  });
  /** The store, with a hand in what is written to the collection. */
  const withWrites = (around: (write: () => Promise<unknown>) => Promise<unknown>): ReadStore => {
    const { readStore } = orders;
    const collection = (name: string) => {
      const documents = readStore.collection(name);
      if (name !== COLLECTION) return documents;
      const bulkWrite = (...of: Parameters<typeof documents.bulkWrite>) => around(() => documents.bulkWrite(...of));
      return Object.assign(Object.create(documents) as typeof documents, { bulkWrite });
    };
    return Object.assign(Object.create(readStore) as ReadStore, { collection });
  };

  it('fold while another one writes', async () => {
    let [writing, most] = [0, 0];
    const store = withWrites(async (write) => {
      most = Math.max(most, ++writing);
      await until(() => Promise.resolve(most === 3));
      return write().finally(() => writing--);
    });
    const controller = new AbortController();
    let total = 0;
    const running = runProjection(
      run(store, (events) => (total += events)),
      controller.signal,
      () => undefined,
    );
    await until(() => Promise.resolve(total === 600));
    controller.abort();
    await running;
    expect(most).toBe(3);
    const saved = await orders.documents(COLLECTION);
    expect(saved).toHaveLength(300);
    expect(saved.every((order) => (order as OrderView).status === 'CONFIRMED')).toBe(true);
  });

  it('end together with the one that fails, and none of them writes after that', async () => {
    let ended = false;
    const late: boolean[] = [];
    let writes = 0;
    const store = withWrites(async (write) => {
      if (++writes === 1) {
        await until(() => Promise.resolve(writes === 3));
        throw new Error('the store is away');
      }
      await sleep(200);
      late.push(ended);
      return write();
    });
    const running = runProjection(
      run(store, () => undefined),
      new AbortController().signal,
      () => undefined,
    );
    await expect(running.finally(() => (ended = true))).rejects.toThrow('the store is away');
    expect(late).toEqual([false, false]);
  });
});
