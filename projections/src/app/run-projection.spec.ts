import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { deterministicId, encodeEvent, inventoryEvents, orderEvents, type OrderView } from '@order-flow/contracts';
import { silentLogger } from '@order-flow/service-kit';
import { orderId, type OrderLog, orderLog, ordersProjection } from '../testing/order-log.js';
import { until } from '../testing/until.js';
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
