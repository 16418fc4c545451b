import { describe, expect, it } from '@jest/globals';
import {
  accountEvents,
  catalogEvents,
  type CloudEvent,
  deterministicId,
  type EventTopic,
  inventoryEvents,
  orderEvents,
  paymentEvents,
} from '@order-flow/contracts';
import fc from 'fast-check';
import { allProjections } from './index.js';
import { orders } from './orders.js';
import type { Projection } from './projection.js';

const ORDER = '00000000-0000-4000-8000-000000000001';
const eur = (amount: number) => ({ amount, currency: 'EUR' });
const demand = {
  orderId: ORDER,
  customerId: 'alice',
  lines: [{ sku: 'TEA', name: 'Tea', quantity: 2, unitPrice: eur(100) }],
  total: eur(200),
};
const only = { orderId: ORDER, customerId: 'alice' };

let minute = 0;
const event = (
  topic: EventTopic,
  subject: string,
  type: string,
  data: unknown,
  revision?: number,
): { topic: string; event: CloudEvent } => ({
  topic: topic.name,
  event: {
    specversion: '1.0',
    id: deterministicId(topic.name, subject, type, String(revision ?? 0)),
    source: '/test',
    type,
    subject,
    time: new Date(Date.UTC(2026, 0, 1, 0, minute++)).toISOString(),
    datacontenttype: 'application/json',
    schemaversion: topic.types[type]?.version ?? 1,
    correlationid: 'c',
    causationid: 'c',
    ...(revision === undefined ? {} : { streamrevision: revision }),
    data,
  },
});

/** What one order, its customer and its product go through, each topic in its own order. */
const story = [
  event(
    catalogEvents,
    'TEA',
    'ProductAdded',
    { sku: 'TEA', name: 'Tea', description: '', category: '', price: eur(100) },
    0,
  ),
  event(catalogEvents, 'TEA', 'StockReceived', { sku: 'TEA', quantity: 5 }, 1),
  event(accountEvents, 'alice', 'AccountOpened', { accountId: 'alice', name: 'Alice', email: null }, 0),
  event(accountEvents, 'alice', 'FundsDeposited', { accountId: 'alice', amount: eur(500) }, 1),
  event(orderEvents, ORDER, 'OrderCreated', demand, 0),
  event(inventoryEvents, ORDER, 'InventoryReserved', demand),
  event(orderEvents, ORDER, 'OrderStockReserved', only, 1),
  event(paymentEvents, ORDER, 'PaymentCaptured', { ...only, amount: eur(200) }),
  event(orderEvents, ORDER, 'OrderConfirmed', only, 2),
  event(orderEvents, ORDER, 'OrderCancellationRequested', { ...demand, reason: 'changed my mind' }, 3),
  event(inventoryEvents, ORDER, 'InventoryReleased', { orderId: ORDER, lines: [{ sku: 'TEA', quantity: 2 }] }),
  event(paymentEvents, ORDER, 'PaymentRefunded', { ...only, amount: eur(200) }),
  event(orderEvents, ORDER, 'OrderCancelled', only, 4),
];

function foldAll(
  projection: Projection,
  events: readonly { topic: string; event: CloudEvent }[],
): Record<string, unknown> {
  const sources = projection.sources.map(({ name }) => name);
  const documents: Record<string, object> = {};
  for (const { topic, event: one } of events) {
    if (!sources.includes(topic)) continue;
    for (const id of projection.keys(one))
      documents[id] = projection.fold(documents[id] ?? projection.initial(), one, id);
  }
  return documents;
}

/** Picks the next event from any topic that has one left: every interleaving that keeps each topic's order. */
function interleave(picks: readonly number[]) {
  const topics = [...new Set(story.map(({ topic }) => topic))];
  const queues = topics.map((topic) => story.filter((entry) => entry.topic === topic));
  const merged = [];
  for (let step = 0; merged.length < story.length; step++) {
    const open = queues.filter((queue) => queue.length > 0);
    const queue = open[(picks[step % picks.length] ?? 0) % open.length];
    const next = queue?.shift();
    if (next) merged.push(next);
  }
  return merged;
}

describe.each(allProjections.map((projection) => [projection.name, projection] as const))('%s', (_name, projection) => {
  it('is the same for every interleaving of its sources', () => {
    const expected = foldAll(projection, story);
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: story.length }), (picks) => {
        expect(foldAll(projection, interleave(picks))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('says whether all events of a document are of one slice: their records are keyed by their subject', () => {
    const own = story.filter(({ topic }) => projection.sources.some(({ name }) => name === topic));
    const isOfOneSlice = own.every(({ event: one }) => projection.keys(one).every((id) => id === one.subject));
    expect(projection.ofOneSlice).toBe(isOfOneSlice);
  });
});

describe('a refund of nothing', () => {
  const refund = event(paymentEvents, ORDER, 'PaymentRefunded', { ...only, amount: eur(0) });
  const payment = (...events: readonly (typeof refund)[]) =>
    foldAll(orders as unknown as Projection, events)[ORDER] as { payment: unknown };

  it('gives back what an order that costs nothing paid', () => {
    const captured = event(paymentEvents, ORDER, 'PaymentCaptured', { ...only, amount: eur(0) });
    expect(payment(captured, refund)).toMatchObject({ payment: { status: 'REFUNDED' } });
  });

  it('leaves a payment as it is that was never made', () => {
    const declined = event(paymentEvents, ORDER, 'PaymentDeclined', {
      ...only,
      amount: eur(200),
      reason: 'INSUFFICIENT_FUNDS',
    });
    expect(payment(declined, refund)).toMatchObject({ payment: { status: 'DECLINED' } });
    expect(payment(refund)).toMatchObject({ payment: null });
  });
});

describe('what the folds make of a cancelled order', () => {
  const folded = (name: string) =>
    foldAll(allProjections.find((projection) => projection.name === name) as Projection, story);

  it('orders: status, version and history', () => {
    expect(folded('orders')[ORDER]).toMatchObject({
      status: 'CANCELLED',
      version: 5,
      customerId: 'alice',
      total: eur(200),
      reservation: { status: 'RELEASED' },
      payment: { status: 'REFUNDED', amount: eur(200) },
      history: ['PENDING', 'RESERVED', 'CONFIRMED', 'CANCELLING', 'CANCELLED'].map((status, index) => ({
        status,
        version: index + 1,
      })),
    });
  });

  it('products: everything is available again', () => {
    expect(folded('products')).toMatchObject({ TEA: { onHand: 5, reserved: 0, available: 5, version: 2 } });
  });

  it('customers: the money is back and the order counted', () => {
    expect(folded('customers')).toMatchObject({
      alice: { balances: { EUR: 500 }, orders: { placed: 1, confirmed: 1, failed: 0, cancelled: 1 } },
    });
  });
});
