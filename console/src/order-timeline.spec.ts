import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { deterministicId } from '@order-flow/contracts';
import type { NewRecord } from '@order-flow/event-log';
import type { OrderTimeline } from './shapes.js';
import { consoleFixture, eventRecord } from './testing/console-fixture.js';

const START = Date.parse('2026-01-05T10:00:00Z');
const orderId = deterministicId('an order');
const price = { amount: 1_000, currency: 'EUR' };
const demand = (id: string, customerId = 'ada') => ({
  orderId: id,
  customerId,
  lines: [{ sku: 'TEA', name: 'Tea', quantity: 1, unitPrice: price }],
  total: price,
});

/** What one order leaves on the topics; processors keep their cause's time. */
const story = (id: string, start = START): NewRecord[] => {
  const event = (topic: string, type: string, cause: string, at: number, data: unknown = demand(id)) =>
    eventRecord(topic, { id: `${type}-${id}`, type, subject: id, causationid: cause, data }, start + at);
  return [
    event('payment.events', 'PaymentCaptured', `InventoryReserved-${id}`, 0),
    event('inventory.events', 'InventoryReserved', `OrderCreated-${id}`, 0),
    event('order.commands', 'ConfirmOrder', `PaymentCaptured-${id}`, 0),
    event('order.events', 'OrderCreated', 'the command', 0),
    event('order.events', 'OrderConfirmed', `ConfirmOrder-${id}`, 42),
  ];
};

describe("an order's timeline", () => {
  let fixture: Awaited<ReturnType<typeof consoleFixture>>;
  beforeEach(async () => {
    fixture = await consoleFixture();
  });
  afterEach(() => fixture.stop());

  const timeline = async (id = orderId, query = '', headers = fixture.operator) => {
    const { status, body } = await fixture.get(`/api/orders/${id}/timeline${query}`, headers);
    expect(status).toBe(200);
    return body as unknown as OrderTimeline;
  };
  const types = ({ records }: OrderTimeline) => records.map(({ type }) => type);

  it('tells the story over all topics, causes before effects', async () => {
    await fixture.write(...story(deterministicId('another')), ...story(orderId));
    const told = await timeline();
    expect(types(told)).toEqual([
      'OrderCreated',
      'InventoryReserved',
      'PaymentCaptured',
      'ConfirmOrder',
      'OrderConfirmed',
    ]);
    expect(told.complete).toBe(true);
    expect(told.records.at(-1)).toMatchObject({
      topic: 'order.events',
      sinceStart: 42,
      causationId: `ConfirmOrder-${orderId}`,
      data: { orderId },
      error: null,
    });
  });

  it('includes dead letters, after what failed', async () => {
    const failed = story(orderId).find(({ topic }) => topic === 'inventory.events');
    const letter = { ...failed, topic: 'payment.dlq', headers: { 'dlq-error': 'no balance', 'dlq-code': 'BUG' } };
    await fixture.write(letter as NewRecord, ...story(orderId));
    const { records } = await timeline();
    const at = records.findIndex(({ topic }) => topic === 'payment.dlq');
    expect(records[at]).toMatchObject({ type: 'InventoryReserved', error: { code: 'BUG', message: 'no balance' } });
    expect(records.findIndex(({ topic }) => topic === 'inventory.events')).toBeLessThan(at);
  });

  it('is empty for an order that does not exist', async () => {
    expect(await timeline()).toEqual({ orderId, records: [], scanned: 0, complete: true, before: null });
  });

  it('shows a customer their own orders, without dead letters, and nobody else’s', async () => {
    const [failed] = story(orderId);
    await fixture.write(...story(orderId), { ...failed, topic: 'payment.dlq' } as NewRecord);
    const own = await timeline(orderId, '', await fixture.headersFor('customer', 'ada'));
    expect(own.records.map(({ topic }) => topic)).not.toContain('payment.dlq');
    expect(own.records).toHaveLength(5);
    for (const id of [orderId, deterministicId('none')]) {
      const refused = await fixture.get(`/api/orders/${id}/timeline`, await fixture.headersFor('customer', 'bruno'));
      expect(refused).toMatchObject({ status: 404, body: { code: 'ORDER_NOT_FOUND' } });
    }
  });

  it('looks back a bounded way, and further when asked to', async () => {
    await fixture.write(...story(orderId));
    const [, , , hay] = story(orderId);
    const filler = { ...hay, key: 'hay', partition: await partitionOf(orderId) } as NewRecord;
    for (let batch = 0; batch < 6; batch++) {
      await fixture.write(...Array.from({ length: 10_000 }, () => ({ ...filler, timestamp: START + 60_000 })));
    }
    const customer = await fixture.headersFor('customer', 'ada');
    const first = await timeline(orderId, '', customer);
    expect(first).toMatchObject({ records: [], complete: false, scanned: 50_000 });
    const second = await timeline(orderId, `?before=${first.before ?? ''}`, customer);
    expect(types(second)).toContain('OrderConfirmed');
    expect(second.before).toBeNull();
  });

  const partitionOf = async (id: string): Promise<number> => {
    const { body } = await fixture.get(`/api/topics/order.events/messages?key=${id}`);
    return (body['messages'] as { partition: number }[])[0]!.partition;
  };

  it('refuses what is no order id', async () => {
    expect(await fixture.get('/api/orders/none/timeline')).toMatchObject({ status: 422 });
  });
});
