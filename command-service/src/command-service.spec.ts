import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeEvent, orderCommands, orderEvents, type OrderEvent } from '@order-flow/contracts';
import type { LogRecord } from '@order-flow/event-log';
import { commandDeadLetters } from './index.js';
import { type Client, type RunningService, runningService } from './testing/running-service.js';

const eur = (amount: number) => ({ amount, currency: 'EUR' });
let service: RunningService;
let operator: Client;
let alice: Client;

beforeAll(async () => {
  service = await runningService();
  ({ operator } = service);
  alice = service.as({ subject: 'alice', role: 'customer' });
  await operator.post('/api/products', { sku: 'TEA', name: 'Tea', price: eur(500), stock: 10 });
  await operator.post('/api/accounts', { accountId: 'alice', name: 'Alice' });
  await operator.post('/api/accounts', { accountId: 'frozen', name: 'Frozen' });
  await operator.post('/api/accounts/frozen/freeze', { reason: 'review' });
});
afterAll(() => service.stop());

/** What is looked at in OpenAPI. */
interface Described {
  readonly paths: Record<string, Record<string, Operation>>;
}
interface Operation {
  readonly requestBody?: { readonly required: boolean };
  readonly responses: Record<string, { readonly content?: object; readonly description: string }>;
}

const tea = (quantity: unknown = 1, extra: object = {}) => ({ items: [{ sku: 'TEA', quantity, ...extra }] });
const eventually = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('not within 10 s');
};
async function recordsOf(topic: string): Promise<LogRecord[]> {
  const from = (await service.log.admin.partitions(topic)).map(({ partition, begin }) => ({
    topic,
    partition,
    offset: begin,
  }));
  const records: LogRecord[] = [];
  for await (const batch of service.log.read(from, { follow: false, signal: new AbortController().signal }))
    records.push(...batch.records);
  return records;
}
const orderRecords = async (orderId: unknown): Promise<OrderEvent[]> =>
  (await recordsOf('order.events'))
    .filter(({ key }) => key === orderId)
    .map((record) => decodeEvent(orderEvents, record));

describe('placing an order', () => {
  it('answers with the order, priced by the catalog, and carries it to the topic', async () => {
    const { status, body, headers } = await alice.post('/api/orders', tea(2));
    expect([status, body['status'], body['version']]).toEqual([201, 'PENDING', 1]);
    expect(headers.get('location')).toBe(`/api/orders/${String(body['orderId'])}`);
    const read = await alice.get(`/api/orders/${String(body['orderId'])}`);
    expect(read.body).toMatchObject({ customerId: 'alice', total: eur(1_000), status: 'PENDING' });
    const [event] = await eventually(async () => {
      const found = await orderRecords(body['orderId']);
      return found.length > 0 ? found : undefined;
    });
    expect(event).toMatchObject({
      type: 'OrderCreated',
      subject: body['orderId'],
      streamrevision: 0,
      data: { total: eur(1_000) },
    });
  });

  it('is one order however often the request is repeated', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => alice.post('/api/orders', tea(3), 'same-key')));
    expect(new Set(answers.map(({ body }) => body['orderId'])).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    const other = await alice.post('/api/orders', tea(4), 'same-key');
    expect([other.status, other.body['code']]).toEqual([422, 'IDEMPOTENCY_CONFLICT']);
    await operator.post('/api/products/TEA/price', { price: eur(501) });
    const later = await alice.post('/api/orders', tea(3), 'same-key');
    expect(later.body['orderId']).toBe(answers[0]?.body['orderId']);
    await operator.post('/api/products/TEA/price', { price: eur(500) });
  });

  it.each([
    ['an unknown SKU', { items: [{ sku: 'GHOST', quantity: 1 }] }, 422, 'PRODUCT_NOT_FOUND'],
    ['quantity 0', tea(0), 422, 'INVALID_INPUT'],
    ['a negative quantity', tea(-1), 422, 'INVALID_INPUT'],
    ['a fractional quantity', tea(1.5), 422, 'INVALID_INPUT'],
    ['a huge quantity', tea(1e9), 422, 'INVALID_INPUT'],
    ['a quantity in text', tea('2'), 422, 'INVALID_INPUT'],
    ['no line', { items: [] }, 422, 'INVALID_INPUT'],
    [
      '500 lines',
      { items: Array.from({ length: 500 }, (_, n) => ({ sku: `S${n}`, quantity: 1 })) },
      422,
      'INVALID_INPUT',
    ],
    ['duplicate lines', { items: [...tea().items, ...tea().items] }, 422, 'DUPLICATE_LINE'],
    ['a price that changed', tea(1, { expectedPrice: eur(499) }), 409, 'PRICE_CHANGED'],
    ['an unknown field', { ...tea(), price: 1 }, 422, 'INVALID_INPUT'],
    ['another customer', { ...tea(), customerId: 'bob' }, 403, 'FORBIDDEN'],
    ['malformed JSON', '{"items":', 400, 'MALFORMED_JSON'],
    ['a body over 1 MiB', JSON.stringify({ items: 'x'.repeat(1_100_000) }), 413, 'BODY_TOO_LARGE'],
  ])('refuses %s', async (_what, body, status, code) => {
    const answer = await alice.post('/api/orders', body);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it('refuses unknown and frozen accounts, and names what an operator forgot', async () => {
    const codes = [];
    for (const body of [{ ...tea(), customerId: 'nobody' }, { ...tea(), customerId: 'frozen' }, tea()]) {
      codes.push((await operator.post('/api/orders', body)).body['code']);
    }
    expect(codes).toEqual(['ACCOUNT_NOT_FOUND', 'ACCOUNT_FROZEN', 'INVALID_INPUT']);
  });
});

describe('counting stock', () => {
  it('is refused when it changes nothing', async () => {
    const { status, body } = await operator.post('/api/products/TEA/stock', { delta: 0, reason: 'counted' });
    expect([status, body['code']]).toEqual([422, 'INVALID_INPUT']);
  });
});

describe('names of products and accounts', () => {
  it.each(['', ' ', 'Tea\n', 'Tea\u0000', '\ud800', 'x'.repeat(201)])('are not %j', async (name) => {
    const product = await operator.post('/api/products', { sku: 'NAMELESS', name, price: eur(1) });
    const account = await operator.post('/api/accounts', { accountId: 'nameless', name });
    expect([product, account].map(({ status, body }) => [status, body['code']])).toEqual([
      [422, 'INVALID_INPUT'],
      [422, 'INVALID_INPUT'],
    ]);
  });

  it('are in any script, with emoji of several signs', async () => {
    const { status } = await operator.post('/api/products', { sku: 'SENCHA', name: '煎茶 👩‍👩‍👧 شاي', price: eur(1) });
    expect(status).toBe(201);
  });
});

describe('who may what', () => {
  it('nobody without a valid token', async () => {
    const answers = await Promise.all([
      fetch(`${service.url}/api/orders`, { method: 'POST' }),
      fetch(`${service.url}/api/orders/x`, { headers: { authorization: 'Bearer a.b.c' } }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    const described = await fetch(`${service.url}/docs/json`);
    expect(described.status).toBe(200);
    const { paths } = (await described.json()) as Described;
    const operations = Object.values(paths).flatMap((path) => Object.values(path));
    expect(operations).toHaveLength(12);
    const descriptions = operations
      .flatMap(({ responses }) => Object.values(responses))
      .map(({ description }) => description);
    expect(descriptions).not.toContain('Default Response');
    for (const { responses } of operations)
      for (const kind of ['4XX', '5XX'])
        expect(Object.keys(responses[kind]?.content ?? {})).toEqual(['application/problem+json']);
  });

  it('a cancellation needs no body, and is described so', async () => {
    const { paths } = (await (await fetch(`${service.url}/docs/json`)).json()) as Described;
    const optional = Object.entries(paths).filter(([, { post }]) => post?.requestBody?.required === false);
    expect(optional.map(([path]) => path)).toEqual(['/api/orders/{id}/cancel']);
    const { body } = await alice.post('/api/orders', tea());
    const cancelled = await alice.post(`/api/orders/${String(body['orderId'])}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'CANCELLING' } });
  });

  it('a customer neither runs the shop nor sees the orders of others', async () => {
    expect((await alice.post('/api/products', { sku: 'X', name: 'X', price: eur(1) })).body['code']).toBe('FORBIDDEN');
    expect((await alice.post('/api/accounts/alice/deposits', { amount: eur(1) })).body['code']).toBe('FORBIDDEN');
    const { body } = await alice.post('/api/orders', tea());
    const bob = service.as({ subject: 'bob', role: 'customer' });
    for (const path of ['', '/history']) {
      expect((await bob.get(`/api/orders/${String(body['orderId'])}${path}`)).body['code']).toBe('ORDER_NOT_FOUND');
    }
    expect((await bob.post(`/api/orders/${String(body['orderId'])}/cancel`, {})).body['code']).toBe('ORDER_NOT_FOUND');
  });
});

describe('retries after a time-out', () => {
  it('deposit, stock and cancellation count once', async () => {
    const deposit = () => operator.post('/api/accounts/alice/deposits', { amount: eur(100) }, 'deposit-1');
    expect((await deposit()).body).toEqual((await deposit()).body);
    const stock = () => operator.post('/api/products/TEA/stock', { quantity: 5 }, 'stock-1');
    expect((await stock()).body).toEqual((await stock()).body);
    const { body } = await alice.post('/api/orders', tea());
    const cancel = () => alice.post(`/api/orders/${String(body['orderId'])}/cancel`, {}, 'cancel-1');
    expect((await cancel()).body).toEqual((await cancel()).body);
    const history = (await alice.get(`/api/orders/${String(body['orderId'])}/history`)).body as unknown as {
      type: string;
    }[];
    expect(history.map(({ type }) => type)).toEqual(['OrderCreated', 'OrderCancellationRequested']);
  });
});

describe('commands of the saga', () => {
  const envelope = (orderId: string, type: string, id: string) => ({
    specversion: '1.0',
    id,
    source: '/processors/order-saga',
    type,
    subject: orderId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    schemaversion: 1,
    correlationid: 'c',
    causationid: 'c',
    data: { orderId },
  });
  const send = async (key: string, ...values: (object | string)[]) => {
    const writer = await service.log.openWriter('test');
    const records = values.map((value) => ({
      topic: orderCommands.name,
      key,
      value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
      timestamp: Date.now(),
    }));
    await writer.commit({ records });
    await writer.close();
  };

  it('are applied once, refused without harm, and parked when they are none', async () => {
    const { body } = await alice.post('/api/orders', tea());
    const orderId = String(body['orderId']);
    await send(
      orderId,
      envelope(orderId, 'MarkOrderStockReserved', 'command-1'),
      envelope(orderId, 'MarkOrderStockReserved', 'command-1'),
      '{"not": "a command"}',
      envelope(orderId, 'CompleteOrderCancellation', 'command-2'),
      envelope(orderId, 'ConfirmOrder', 'command-3'),
    );
    const events = await eventually(async () => {
      const found = await orderRecords(orderId);
      return found.length >= 3 ? found : undefined;
    });
    expect(events.map(({ type, streamrevision, causationid }) => [type, streamrevision, causationid])).toEqual([
      ['OrderCreated', 0, expect.any(String)],
      ['OrderStockReserved', 1, 'command-1'],
      ['OrderConfirmed', 2, 'command-3'],
    ]);
    const parked = await recordsOf(commandDeadLetters.name);
    expect(parked.map(({ key, headers }) => [key, headers['dlq-code'], headers['dlq-topic']])).toEqual([
      [orderId, 'BAD_ENVELOPE', 'order.commands'],
    ]);
  });
});
