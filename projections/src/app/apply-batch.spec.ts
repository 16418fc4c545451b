import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventTopics, type EventTopic, type ReadModelDocument } from '@order-flow/contracts';
import { orderId, type OrderLog, orderLog, ordersProjection } from '../testing/order-log.js';
import { BatchApplier, type ParsedRecord, parseRecord } from './apply-batch.js';

const COLLECTION = 'orders__1';

describe('a batch is applied', () => {
  let orders: OrderLog;
  let lookups: number;

  beforeEach(async () => {
    orders = await orderLog();
    lookups = 0;
  });
  afterEach(() => orders.stop());

  const applier = (): BatchApplier =>
    new BatchApplier(ordersProjection, orders.readStore.collection<ReadModelDocument>(COLLECTION), {
      failed: (_record, error) => {
        throw error;
      },
      loaded: async () => void (lookups += 1),
      writing: async () => undefined,
    });

  /** Created and confirmed, of each order. */
  const story = async (count: number): Promise<ParsedRecord[]> => {
    await orders.write(0, count);
    const topics = new Map<string, EventTopic>(eventTopics.map((topic) => [topic.name, topic]));
    const from = [0, 1, 2].map((partition) => ({ topic: 'order.events', partition, offset: 0 }));
    const parsed: ParsedRecord[] = [];
    for await (const { records } of orders.log.read(from, { follow: false, signal: new AbortController().signal })) {
      parsed.push(...records.map((record) => parseRecord(topics, record)));
    }
    return parsed;
  };

  it('without looking for documents that begin with it', async () => {
    const signals = await applier().apply(await story(3));
    expect(lookups).toBe(0);
    expect(signals).toHaveLength(3);
    expect(await orders.documents(COLLECTION)).toMatchObject([0, 1, 2].map((n) => ({ _id: orderId(n), revision: 2 })));
  });

  it('once, also when documents that begin with it are there', async () => {
    const [created, confirmed, ...others] = await story(2);
    await applier().apply([created!, confirmed!]);
    const signals = await applier().apply([created!, ...others]);
    expect(lookups).toBe(1);
    expect(await orders.documents(COLLECTION)).toMatchObject([0, 1].map(() => ({ status: 'CONFIRMED', revision: 2 })));
    expect(signals).toEqual(expect.arrayContaining([0, 1].map((n) => ({ id: orderId(n), version: 2, revision: 2 }))));
  });

  it('after looking for documents that begin otherwise', async () => {
    const [created, confirmed] = await story(1);
    await applier().apply([created!]);
    await applier().apply([confirmed!]);
    expect(lookups).toBe(1);
    expect(await orders.documents(COLLECTION)).toMatchObject([{ status: 'CONFIRMED', revision: 2 }]);
  });
});
