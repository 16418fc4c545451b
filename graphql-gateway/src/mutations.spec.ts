import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { alice, type Fixture, operator, orderView, startFixture } from './testing/gateway-fixture.js';
import { refusing } from './testing/stub-command-service.js';

const placeOrder = `mutation($input: PlaceOrderInput!) { placeOrder(input: $input) {
  __typename
  ... on Order { id status version total { amount } }
  ... on Error { code message }
  ... on PriceChangedError { sku expected { amount currency } actual { amount currency } }
  ... on InvalidInputError { issues { path message } }
} }`;
const input = { items: [{ sku: 'TEA', quantity: 2 }] };

describe('mutations', () => {
  let gateway: Fixture;
  let token: string;
  beforeEach(async () => {
    gateway = await startFixture({ commandTimeoutMs: 400, circuitHalfOpenMs: 200 });
    token = await gateway.tokenOf(alice);
  });
  afterEach(() => gateway.stop());
  const place = async (more: object = {}) =>
    (
      await gateway.ask<{ placeOrder: { __typename: string; id: string } }>(token, placeOrder, {
        input: { ...input, ...more },
      })
    ).data.placeOrder;

  it('answers with the decided order at once, the rest is null until the read model has it', async () => {
    const order = await place();
    expect(order).toEqual({ __typename: 'Order', id: expect.any(String), status: 'PENDING', version: 1, total: null });
    await gateway.write('orders', orderView(order.id, { status: 'RESERVED', version: 2 }));
    expect(await place()).toMatchObject({ status: 'PENDING', version: 1, total: { amount: 900 } });
  });

  it("forwards the caller's token, trace and idempotency key, or a key of its own", async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await gateway.post(
      token,
      { query: placeOrder, variables: { input: { ...input, idempotencyKey: 'k-1' } } },
      { traceparent },
    );
    await place();
    const [first, second] = gateway.commands.received;
    expect(first).toMatchObject({
      method: 'POST',
      path: '/api/orders',
      body: { items: [{ sku: 'TEA', quantity: 2 }] },
      headers: { authorization: `Bearer ${token}`, 'idempotency-key': 'k-1', traceparent },
    });
    expect(second?.headers['idempotency-key']).toMatch(/^[\da-f-]{36}$/);
    expect(second?.headers).not.toHaveProperty('traceparent');
  });

  it('maps a changed price to its own error type', async () => {
    const [expected, actual] = [400, 450].map((amount) => ({ amount, currency: 'EUR' }));
    gateway.commands.answer = refusing(409, 'PRICE_CHANGED', { sku: 'TEA', expected, actual });
    expect(await place({ items: [{ sku: 'TEA', quantity: 1, expectedPrice: expected }] })).toEqual({
      __typename: 'PriceChangedError',
      code: 'PRICE_CHANGED',
      message: 'refused: PRICE_CHANGED',
      sku: 'TEA',
      expected,
      actual,
    });
    expect(gateway.commands.received[0]?.body).toEqual({
      items: [{ sku: 'TEA', quantity: 1, expectedPrice: expected }],
    });
  });

  it.each([
    [422, 'OUT_OF_RANGE', 'OutOfRangeError'],
    [422, 'PRODUCT_NOT_FOUND', 'NotFoundError'],
    [422, 'IDEMPOTENCY_CONFLICT', 'ConflictError'],
    [403, 'FORBIDDEN', 'ForbiddenError'],
    [503, 'STORE_UNAVAILABLE', 'UnavailableError'],
    [422, 'ACCOUNT_FROZEN', 'RefusedError'],
  ])('maps %i %s to %s', async (status, code, type) => {
    gateway.commands.answer = refusing(status, code);
    expect(await place()).toEqual({ __typename: type, code, message: `refused: ${code}` });
  });

  it('names what is wrong with an input', async () => {
    const errors = [{ path: '/items/0/quantity', message: 'too small' }];
    gateway.commands.answer = refusing(422, 'INVALID_INPUT', { errors });
    expect(await place()).toMatchObject({ __typename: 'InvalidInputError', issues: errors });
    expect(await place({ idempotencyKey: 'a\nb' })).toMatchObject({ __typename: 'InvalidInputError', issues: [] });
  });

  it('keeps operator commands from customers and sends those of operators', async () => {
    const query = `mutation { 
      addProduct(input: {sku: "TEA", name: "Tea", price: {amount: 3000000000, currency: "EUR"}, description: null}) { ... on Product { sku version name } ... on Error { code } }
      changePrice(input: {sku: "A/B", price: {amount: 1, currency: "EUR"}}) { ... on Product { version } ... on Error { code } }
      receiveStock(input: {sku: "TEA", quantity: 5}) { ... on Product { version } ... on Error { code } }
      openAccount(input: {accountId: "alice", name: "Alice"}) { ... on Account { id version } ... on Error { code } }
      deposit(input: {accountId: "alice", amount: {amount: 100, currency: "EUR"}}) { ... on Account { id version } ... on Error { code } } }`;
    const refused = (await gateway.ask(token, query)).data;
    expect(Object.values(refused)).toEqual(Array(5).fill({ code: 'FORBIDDEN' }));
    expect(gateway.commands.received).toEqual([]);

    gateway.commands.answer = ({ path }) =>
      path.includes('accounts') ? { accountId: 'alice', version: 1 } : { sku: 'TEA', version: 4 };
    const { data } = await gateway.ask(await gateway.tokenOf(operator), query);
    expect(data['addProduct']).toEqual({ sku: 'TEA', version: 4, name: null });
    expect(data['deposit']).toEqual({ id: 'alice', version: 1 });
    expect(gateway.commands.received.map(({ path, body }) => [path, body])).toEqual([
      ['/api/products', { sku: 'TEA', name: 'Tea', price: { amount: 3e9, currency: 'EUR' } }],
      ['/api/products/A%2FB/price', { price: { amount: 1, currency: 'EUR' } }],
      ['/api/products/TEA/stock', { quantity: 5 }],
      ['/api/accounts', { accountId: 'alice', name: 'Alice', email: null }],
      ['/api/accounts/alice/deposits', { amount: { amount: 100, currency: 'EUR' } }],
    ]);
  });

  it('cancels an order', async () => {
    gateway.commands.answer = () => ({ orderId: 'o1', status: 'CANCELLING', version: 2 });
    const query =
      'mutation { cancelOrder(input: {orderId: "o1", reason: "changed my mind"}) { ... on Order { id status } ... on Error { code } } }';
    expect((await gateway.ask(token, query)).data).toEqual({ cancelOrder: { id: 'o1', status: 'CANCELLING' } });
    expect(gateway.commands.received[0]).toMatchObject({
      path: '/api/orders/o1/cancel',
      body: { reason: 'changed my mind' },
    });
  });

  it('tries a failed command again with the same key', async () => {
    const decided = gateway.commands.answer;
    let attempts = 0;
    gateway.commands.answer = (request) => (++attempts < 3 ? refusing(500, 'INTERNAL_ERROR')() : decided(request));
    expect(await place()).toMatchObject({ __typename: 'Order' });
    const keys = gateway.commands.received.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
  });

  it('does not repeat what was refused', async () => {
    gateway.commands.answer = refusing(409, 'ORDER_CLOSED');
    await place();
    expect(gateway.commands.received).toHaveLength(1);
  });

  it('gives up after the time-out', async () => {
    gateway.commands.answer = () => new Promise((resolve) => setTimeout(resolve, 600));
    expect(await place()).toMatchObject({ __typename: 'UnavailableError', code: 'COMMAND_TIMED_OUT' });
  });

  it('answers SERVICE_UNAVAILABLE without an instance and when it cannot be reached, and uses a new one', async () => {
    const { url } = gateway.commands;
    gateway.directory.replace([]);
    expect(await place()).toMatchObject({ __typename: 'UnavailableError', code: 'SERVICE_UNAVAILABLE' });
    expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(503);
    gateway.directory.replace(['http://127.0.0.1:1']);
    expect(await place()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    gateway.directory.replace(['http://127.0.0.1:1', url]);
    for (let i = 0; i < 10; i++) expect(await place()).toMatchObject({ __typename: 'Order' });
  });

  it('opens the circuit of a failing instance and closes it when it answers again', async () => {
    const decided = gateway.commands.answer;
    gateway.commands.answer = refusing(500, 'INTERNAL_ERROR');
    await place();
    await place();
    const sent = gateway.commands.received.length;
    expect(await place()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(gateway.commands.received).toHaveLength(sent);
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain(
      'gateway_command_circuit_open{instance="command-service-0",service="graphql-gateway"} 1',
    );
    gateway.commands.answer = decided;
    const until = performance.now() + 5_000;
    let order = await place();
    while (order.__typename !== 'Order' && performance.now() < until) order = await place();
    expect(order).toMatchObject({ __typename: 'Order' });
  });
});
