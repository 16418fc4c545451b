import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { z } from 'zod';
import {
  accountEvents,
  addMoney,
  bridgedCategories,
  catalogEvents,
  type CloudEvent,
  decodeEvent,
  deterministicId,
  encodeEvent,
  eventTopic,
  eventTopics,
  eventType,
  type EventTopic,
  inventoryEvents,
  Money,
  multiplyMoney,
  negateMoney,
  NonNegativeMoney,
  orderCommands,
  orderEvents,
  parseData,
  paymentEvents,
  sameMoney,
  splitHolder,
  timeOrderedId,
} from './index.js';

const event = (type: string, data: unknown, more: Partial<CloudEvent> = {}): CloudEvent => ({
  specversion: '1.0',
  id: '1f0c3c9e-94a6-5d0c-8d0b-0e3b8a3cbd11',
  source: '/command-service',
  type,
  subject: 'alice',
  time: '2026-01-01T00:00:00.000Z',
  datacontenttype: 'application/json',
  schemaversion: 1,
  correlationid: 'command-1',
  causationid: 'command-1',
  data,
  ...more,
});

const refusal = (topic: EventTopic, value: Buffer | null): string => {
  try {
    decodeEvent(topic, { value });
    return 'accepted';
  } catch (error) {
    return (error as Error & { code: string }).code;
  }
};

describe('reading an event', () => {
  it('brings AccountOpened of version 1 to version 2', () => {
    const first = event('AccountOpened', { accountId: 'alice', holder: 'Alice Ada <alice@example.org>' });
    const read = decodeEvent(accountEvents, { value: encodeEvent(first) });
    expect(read).toMatchObject({
      type: 'AccountOpened',
      schemaversion: 2,
      data: { accountId: 'alice', name: 'Alice Ada', email: 'alice@example.org' },
    });
    const nameless = event('AccountOpened', { accountId: 'alice', holder: 'Alice' });
    expect(decodeEvent(accountEvents, { value: encodeEvent(nameless) }).data).toEqual({
      accountId: 'alice',
      name: 'Alice',
      email: null,
    });
    expect(splitHolder({ accountId: 'a', holder: '<a@b.example>' })).toMatchObject({ email: 'a@b.example' });
  });

  it('leaves version 2 as it is', () => {
    const data = { accountId: 'alice', name: 'Alice <x>', email: null };
    const second = event('AccountOpened', data, { schemaversion: 2 });
    expect(decodeEvent(accountEvents, { value: encodeEvent(second) })).toEqual(second);
  });

  it('says how a record is not what its topic promises', () => {
    const funds = { accountId: 'alice', amount: { amount: 100, currency: 'EUR' } };
    const deposited = event('FundsDeposited', funds);
    const codes: [string, Buffer | null][] = [
      ['accepted', encodeEvent(deposited)],
      ['BAD_ENVELOPE', null],
      ['NOT_JSON', Buffer.from('{"specversion"')],
      ['NOT_JSON', Buffer.alloc(0)],
      ['BAD_ENVELOPE', Buffer.from('[]')],
      ['BAD_ENVELOPE', encodeEvent({ ...deposited, subject: '' })],
      ['BAD_ENVELOPE', encodeEvent({ ...deposited, time: 'yesterday' })],
      ['UNKNOWN_TYPE', encodeEvent({ ...deposited, type: 'OrderCreated' })],
      ['UNKNOWN_TYPE', encodeEvent({ ...deposited, type: 'constructor' })],
      ['NEWER_VERSION', encodeEvent({ ...deposited, schemaversion: 2 })],
      ['BAD_DATA', encodeEvent({ ...deposited, data: { ...funds, amount: { amount: -1, currency: 'EUR' } } })],
      ['BAD_DATA', encodeEvent({ ...deposited, data: null })],
      ['BAD_DATA', encodeEvent(event('AccountOpened', { accountId: 'alice' }))],
      ['BAD_DATA', encodeEvent(event('AccountOpened', null))],
    ];
    expect(codes.map(([, value]) => refusal(accountEvents, value))).toEqual(codes.map(([code]) => code));
  });

  it('shares the work among readers of the same record, and tells topics apart', () => {
    const record = { value: encodeEvent(event('AccountUnfrozen', { accountId: 'alice' })), decoded: undefined };
    expect(decodeEvent(accountEvents, record)).toBe(decodeEvent(accountEvents, record));
    expect(() => decodeEvent(orderEvents, record)).toThrow('AccountUnfrozen is no event of order.events');
  });

  it('names what is wrong by its path', () => {
    expect(() => parseData(catalogEvents, 'StockReceived', 1, { sku: 'TEA', quantity: 0 })).toThrow(
      /^StockReceived: quantity: /,
    );
  });
});

describe('defining an event type', () => {
  it('needs an upcaster for every older version', () => {
    expect(() => eventType(z.object({}), 3, { 1: () => ({}) })).toThrow('an upcaster from version 2 is missing');
  });

  it('runs upcasters one after the other', () => {
    const steps = eventTopic('step.events', 'id', {
      Stepped: eventType(z.object({ path: z.string() }), 3, {
        1: ({ path }: { path: string }) => ({ path: `${path}-two` }),
        2: ({ path }: { path: string }) => ({ path: `${path}-three` }),
      }),
    });
    expect(parseData(steps, 'Stepped', 1, { path: 'one' }).data).toEqual({ path: 'one-two-three' });
    expect(parseData(steps, 'Stepped', 2, { path: 'two' }).data).toEqual({ path: 'two-three' });
  });
});

const currency = fc.constantFrom('EUR', 'USD', 'JPY');
const money = fc.record({ amount: fc.integer({ min: 0, max: 1_000_000_000 }), currency });
const accountId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,20}$/);
const sku = fc.stringMatching(/^[A-Z0-9]([A-Z0-9-]{0,20}[A-Z0-9])?$/);
const text = fc.string({ maxLength: 100 });
const name = fc.string({ minLength: 1, maxLength: 100 });
const reason = fc.constantFrom('OUT_OF_STOCK' as const, 'PAYMENT_TIMEOUT' as const);
const line = fc.record({ sku, name: text, quantity: fc.integer({ min: 1, max: 10_000 }), unitPrice: money });
const demand = {
  orderId: fc.uuid(),
  customerId: accountId,
  lines: fc.array(line, { minLength: 1, maxLength: 4 }),
  total: money,
};
const only = fc.record({ orderId: fc.uuid() });
const both = fc.record({ orderId: fc.uuid(), customerId: accountId });
const stockLines = fc.record({
  orderId: fc.uuid(),
  lines: fc.array(fc.record({ sku, quantity: fc.nat(100) }), { maxLength: 4 }),
});
const payment = { orderId: fc.uuid(), customerId: accountId, amount: money };
const shortage = fc.record({ sku, requested: fc.nat(100), available: fc.nat(100) });

/** Data for every event type there is. */
const samples: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ProductAdded: fc.record({ sku, name, description: text, category: text, price: money }),
  PriceChanged: fc.record({ sku, price: money, previous: money }),
  StockReceived: fc.record({ sku, quantity: fc.integer({ min: 1, max: 1000 }) }),
  StockAdjusted: fc.record({ sku, delta: fc.integer(), reason: text }),
  ProductDiscontinued: fc.record({ sku }),
  AccountOpened: fc.record({ accountId, name, email: fc.constantFrom(null, 'a@example.org') }),
  FundsDeposited: fc.record({ accountId, amount: money }),
  AccountFrozen: fc.record({ accountId, reason: text }),
  AccountUnfrozen: fc.record({ accountId }),
  OrderCreated: fc.record(demand),
  OrderStockReserved: both,
  OrderConfirmed: both,
  OrderFailed: fc.record({ ...demand, reason, detail: text }, { requiredKeys: [...keysOf(demand), 'reason'] }),
  OrderCancellationRequested: fc.record({ ...demand, reason: text }),
  OrderCancelled: both,
  OrderDispatched: both,
  OrderDelivered: both,
  OrderRefunded: both,
  InventoryReserved: fc.record(demand),
  InventoryReservationFailed: fc.record({
    orderId: fc.uuid(),
    customerId: accountId,
    reason,
    shortages: fc.array(shortage, { maxLength: 3 }),
  }),
  InventoryReleased: stockLines,
  InventoryCommitted: stockLines,
  PaymentCaptured: fc.record(payment),
  PaymentDeclined: fc.record({ ...payment, reason }),
  PaymentRefunded: fc.record(payment),
  MarkOrderStockReserved: only,
  ConfirmOrder: only,
  FailOrder: fc.record({ orderId: fc.uuid(), reason }),
  CompleteOrderCancellation: only,
};

function keysOf<Shape extends object>(shape: Shape): (keyof Shape)[] {
  return Object.keys(shape) as (keyof Shape)[];
}

describe('the topics', () => {
  const types = eventTopics.flatMap((topic) => Object.keys(topic.types).map((type) => ({ topic, type })));

  it.each(types.map(({ topic, type }) => [type, topic] as const))('carry %s unchanged', (type, topic) => {
    const sample = samples[type] ?? fc.constant('no sample');
    const schemaversion = topic.types[type]?.version ?? 0;
    fc.assert(
      fc.property(sample, (data) => {
        const written = event(type, data, { schemaversion, streamrevision: 3 });
        expect(decodeEvent<EventTopic>(topic, { value: encodeEvent(written) })).toEqual(written);
      }),
      { numRuns: 30 },
    );
  });

  it.each(types.map(({ topic, type }) => [type, topic] as const))('have %s checked without a copy', (type, topic) => {
    const data: unknown = JSON.parse(JSON.stringify(fc.sample(samples[type] ?? fc.constant(null), 1)[0]));
    expect(parseData(topic, type, topic.types[type]?.version ?? 0, data).data).toBe(data);
  });

  it('have each type name once', () => {
    const names = types.map(({ type }) => type);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(eventTopics.map((topic) => topic.name)).size).toBe(eventTopics.length);
  });

  it('keep everything', () => {
    for (const { cleanup, retentionMs } of eventTopics) expect([cleanup, retentionMs]).toEqual(['delete', -1]);
    expect(Object.values(bridgedCategories)).toEqual([catalogEvents, accountEvents, orderEvents]);
    expect(eventTopics).toEqual(expect.arrayContaining([inventoryEvents, paymentEvents, orderCommands]));
  });
});

describe('money', () => {
  const euro = (amount: number): Money => ({ amount, currency: 'EUR' });

  it('adds, multiplies and negates within one currency', () => {
    expect(addMoney(euro(150), euro(-50))).toEqual(euro(100));
    expect(multiplyMoney(euro(333), 3)).toEqual(euro(999));
    expect(negateMoney(euro(5))).toEqual(euro(-5));
    expect(negateMoney(euro(0))).toEqual(euro(0));
    expect([sameMoney(euro(1), euro(1)), sameMoney(euro(1), { amount: 1, currency: 'USD' })]).toEqual([true, false]);
  });

  it('refuses to mix currencies or to leave the exact integers', () => {
    const code = (act: () => unknown): unknown => {
      try {
        return act();
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(code(() => addMoney(euro(1), { amount: 1, currency: 'USD' }))).toBe('CURRENCY_MISMATCH');
    expect(code(() => addMoney(euro(Number.MAX_SAFE_INTEGER), euro(1)))).toBe('AMOUNT_OUT_OF_RANGE');
    expect(code(() => multiplyMoney(euro(Number.MAX_SAFE_INTEGER), 2))).toBe('AMOUNT_OUT_OF_RANGE');
    expect(code(() => multiplyMoney(euro(1), 0.5))).toBe('AMOUNT_OUT_OF_RANGE');
  });

  it('is an integer amount and three capital letters', () => {
    const valid = (value: unknown): boolean => Money.safeParse(value).success;
    expect([euro(1), euro(-1), { amount: 0, currency: 'XXX' }].map(valid)).toEqual([true, true, true]);
    const wrong = [
      { amount: 0.5, currency: 'EUR' },
      { amount: 1, currency: 'eur' },
      { amount: '1', currency: 'EUR' },
      {},
    ];
    expect(wrong.map(valid)).toEqual([false, false, false, false]);
    expect(NonNegativeMoney.safeParse(euro(-1)).success).toBe(false);
  });

  it('negating twice changes nothing', () => {
    fc.assert(fc.property(money, (some) => expect(negateMoney(negateMoney(some))).toEqual(some)));
  });
});

/** Computed with another implementation: Python's uuid.uuid5. */
const VECTORS = [
  '59c03451-3d74-5353-ac1a-a57fd993d4d7',
  'b638d2c8-479c-547e-a6d8-ec4af734aaa5',
  'f70b9d82-25f9-502e-8f71-2dc113c617cc',
];

describe('ids', () => {
  it('made of the same parts are the same for ever', () => {
    expect(deterministicId('inventory', 'cause', 'reserve')).toBe(deterministicId('inventory', 'cause', 'reserve'));
    expect([deterministicId(), deterministicId('a'), deterministicId('order', 'ü')]).toEqual(VECTORS);
  });

  it('tell the borders of parts', () => {
    const variants = [['ab', 'c'], ['a', 'bc'], ['abc'], ['abc', ''], ['', 'abc'], ['1:a;', 'b'], ['1:a;b']];
    expect(new Set(variants.map((parts) => deterministicId(...parts))).size).toBe(variants.length);
  });

  it('are UUIDs of version 5, different for different parts', () => {
    const parts = fc.array(fc.string(), { maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(deterministicId(...a)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(deterministicId(...a) === deterministicId(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  it('of a time are ordered by it', () => {
    const ids = [1_700_000_000_000, 1_700_000_000_001, 1_800_000_000_000].map(timeOrderedId);
    expect([...ids].sort()).toEqual(ids);
    expect(ids[0]).toMatch(/^018bcfe5-6800-7[0-9a-f]{3}-[89ab]/);
  });
});
