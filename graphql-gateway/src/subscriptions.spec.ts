import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import WebSocket from 'ws';
import {
  alice,
  bob,
  eventually,
  type Fixture,
  operator,
  orderView,
  productView,
  startFixture,
} from './testing/gateway-fixture.js';

type Payload = {
  data?: Record<string, Record<string, unknown>> | null;
  errors?: readonly { extensions?: Record<string, unknown> }[];
};

const orderChanged =
  'subscription($id: ID!, $after: Int) { orderChanged(id: $id, afterRevision: $after) { id status version revision } }';
const orderFeed =
  'subscription($customerId: ID, $statuses: [OrderStatus!]) { orderFeed(customerId: $customerId, statuses: $statuses) { id status revision } }';
const stockChanged = 'subscription($skus: [ID!]) { stockChanged(skus: $skus) { sku available } }';

describe('subscriptions', () => {
  let gateway: Fixture;
  let token: string;
  const closing: (() => void | Promise<void>)[] = [];
  beforeEach(async () => {
    gateway = await startFixture({ recheckMs: 60_000 });
    token = await gateway.tokenOf(alice);
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await gateway.stop();
  });

  const openStreams = async (): Promise<number> => {
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    return [...metrics.matchAll(/^gateway_live_streams\{.*\} (\d+)$/gm)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
  };
  const opened = (count = 1) => eventually(async () => (await openStreams()) === count);

  function overSse(query: string, variables: Record<string, unknown> = {}, bearer = token) {
    const client = createSseClient({
      url: `${gateway.url}/graphql`,
      headers: { authorization: `Bearer ${bearer}` },
      retryAttempts: 0,
    });
    closing.push(() => client.dispose());
    return client.iterate({ query, variables }) as AsyncIterableIterator<Payload>;
  }
  function overWs(query: string, variables: Record<string, unknown> = {}, bearer = token) {
    const client = createWsClient({
      url: `${gateway.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: { authorization: `Bearer ${bearer}` },
    });
    closing.push(() => client.dispose());
    return client.iterate({ query, variables }) as AsyncIterableIterator<Payload>;
  }
  const next = async (stream: AsyncIterableIterator<Payload>, field = 'orderChanged') => {
    const { value } = (await stream.next().catch((errors: unknown) => ({ value: { errors } }))) as { value: Payload };
    return value.data?.[field] ?? value.errors?.[0]?.extensions;
  };

  describe.each([
    ['SSE', overSse],
    ['WebSocket', overWs],
  ])('over %s', (_name, subscribe) => {
    it('sends the present state, then later ones in order, ending with the newest', async () => {
      await gateway.write('orders', orderView('o1'));
      const states = subscribe(orderChanged, { id: 'o1' });
      expect(await next(states)).toEqual({ id: 'o1', status: 'PENDING', version: 1, revision: 1 });
      for (let revision = 2; revision <= 40; revision++)
        await gateway.change(
          'orders',
          orderView('o1', { revision, version: revision, status: revision < 40 ? 'RESERVED' : 'CONFIRMED' }),
        );
      const seen: number[] = [];
      while (seen.at(-1) !== 40) seen.push(Number((await next(states))?.['revision']));
      expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    });

    it('leaves out what the subscriber has, and waits for an order that is not there yet', async () => {
      await gateway.write('orders', orderView('o1', { revision: 3 }));
      const [known, coming] = [subscribe(orderChanged, { id: 'o1', after: 3 }), subscribe(orderChanged, { id: 'o2' })];
      const answers = Promise.all([next(known), next(coming)]);
      await opened(2);
      await gateway.change('orders', orderView('o1', { revision: 4 }));
      await gateway.change('orders', orderView('o2'));
      expect(await answers).toMatchObject([
        { id: 'o1', revision: 4 },
        { id: 'o2', revision: 1 },
      ]);
    });

    it("refuses another customer's order and feed", async () => {
      await gateway.write('orders', orderView('b1', { customerId: bob.subject }));
      expect(await next(subscribe(orderChanged, { id: 'b1' }))).toMatchObject({ code: 'FORBIDDEN' });
      expect(await next(subscribe(orderFeed, { customerId: 'bob' }))).toMatchObject({ code: 'FORBIDDEN' });
      await opened(0);
    });

    it('frees everything when the subscriber leaves', async () => {
      const states = subscribe(orderChanged, { id: 'o1' });
      const first = states.next();
      await opened(1);
      await states.return?.();
      await first;
      await opened(0);
    });
  });

  it('has only so many streams of one caller open, over whichever way, and leaves the others theirs', async () => {
    await gateway.stop();
    gateway = await startFixture({ subscriptionsPerCaller: 2 });
    token = await gateway.tokenOf(alice);
    await gateway.write('orders', orderView('o1'));
    await gateway.write('orders', orderView('b1', { customerId: bob.subject }));
    const refused = { code: 'TOO_MANY_SUBSCRIPTIONS', limit: 2 };
    const ways = [overSse, overWs];
    const held = ways.map((subscribe) => subscribe(orderChanged, { id: 'o1' }));
    for (const states of held) expect(await next(states)).toMatchObject({ id: 'o1' });
    for (const subscribe of ways) expect(await next(subscribe(stockChanged), 'stockChanged')).toEqual(refused);
    const { errors } = await gateway.ask(token, '{ order(id: "o1", minVersion: 1) { id } }');
    expect(errors).toMatchObject([{ message: expect.stringContaining('end some'), extensions: refused }]);
    const others = await gateway.tokenOf(bob);
    for (const subscribe of ways)
      expect(await next(subscribe(orderChanged, { id: 'b1' }, others))).toMatchObject({ id: 'b1' });
    for (const states of held) await states.return?.();
    await opened(2);
    for (const subscribe of ways) expect(await next(subscribe(orderChanged, { id: 'o1' }))).toMatchObject({ id: 'o1' });
  });

  it('frees what could not be begun because the read store does not answer', async () => {
    const { readStore } = gateway;
    const products = jest.spyOn(readStore, 'collection').mockImplementation(() => {
      throw new TypeError('away');
    });
    expect(await next(overSse(stockChanged, { skus: ['TEA'] }), 'stockChanged')).toMatchObject({ code: 'INTERNAL' });
    products.mockRestore();
    await opened(0);
  });

  it('feeds a customer their own orders in the statuses asked for', async () => {
    const feed = overSse(orderFeed, { statuses: ['CONFIRMED'] });
    const first = next(feed, 'orderFeed');
    await opened();
    await gateway.change('orders', orderView('b1', { customerId: bob.subject, status: 'CONFIRMED' }));
    await gateway.change('orders', orderView('a1', { status: 'PENDING' }));
    await gateway.change('orders', orderView('a1', { status: 'CONFIRMED', revision: 2 }));
    expect(await first).toEqual({ id: 'a1', status: 'CONFIRMED', revision: 2 });
  });

  it('feeds an operator every order, the latest state of each', async () => {
    const feed = overWs(orderFeed, {}, await gateway.tokenOf(operator));
    const first = next(feed, 'orderFeed');
    await opened();
    await gateway.change('orders', orderView('a1'));
    await gateway.change('orders', orderView('b1', { customerId: bob.subject }));
    expect([await first, await next(feed, 'orderFeed')]).toMatchObject([{ id: 'a1' }, { id: 'b1' }]);
  });

  it('sends stock as it is, then when it changes, not when the price does', async () => {
    await gateway.write('products', productView('TEA'));
    const stock = overSse(stockChanged, { skus: ['TEA'] });
    expect(await next(stock, 'stockChanged')).toEqual({ sku: 'TEA', available: 10 });
    const second = next(stock, 'stockChanged');
    await gateway.change('products', productView('CUP', { available: 1 }));
    await gateway.change('products', productView('TEA', { revision: 2, price: { amount: 1, currency: 'EUR' } }));
    await gateway.change('products', productView('TEA', { revision: 3, reserved: 4, available: 6 }));
    expect(await second).toEqual({ sku: 'TEA', available: 6 });
  });

  it('finds changes whose signals were lost', async () => {
    const quick = await startFixture({ recheckMs: 30 });
    const bearer = await quick.tokenOf(alice);
    const client = createSseClient({
      url: `${quick.url}/graphql`,
      headers: { authorization: `Bearer ${bearer}` },
      retryAttempts: 0,
    });
    const subscribe = (query: string, variables: Record<string, unknown>) =>
      client.iterate({ query, variables }) as AsyncIterableIterator<Payload>;
    const [one, feed, stock] = [
      subscribe(orderChanged, { id: 'o1' }),
      subscribe(orderFeed, {}),
      subscribe(stockChanged, { skus: ['TEA'] }),
    ];
    const answers = Promise.all([next(one), next(feed, 'orderFeed'), next(stock, 'stockChanged')]);
    await eventually(async () =>
      /gateway_live_streams\{model="orders".*\} 2/.test(await (await fetch(`${quick.url}/metrics`)).text()),
    );
    await quick.write('orders', orderView('o1', { updatedAt: new Date(Date.now() + 1_000).toISOString() }));
    await quick.write('products', productView('TEA'));
    expect(await answers).toMatchObject([{ id: 'o1' }, { id: 'o1' }, { sku: 'TEA' }]);
    client.dispose();
    await quick.stop();
  });

  it('feeds a change whose signal came while the collection was switched, before the new one had it', async () => {
    await gateway.stop();
    let serving = 'orders__1';
    let asked = 0;
    const collectionFor = async (): Promise<string> => {
      asked += 1;
      return serving;
    };
    gateway = await startFixture({ recheckMs: 300, collectionFor });
    token = await gateway.tokenOf(alice);
    const first = next(overSse(orderFeed), 'orderFeed');
    await opened();
    await eventually(() => asked > 0);
    serving = 'orders__2';
    gateway.signals.publish('orders', [{ id: 'o1', version: 1, revision: 1 }]);
    const before = asked;
    await eventually(() => asked > before);
    expect(await gateway.ask(token, '{ order(id: "o1") { id } }')).toMatchObject({ data: { order: null } });
    // Too long ago for a re-check of what changed lately.
    await gateway.write('orders__2', orderView('o1', { revision: 10_000_001, updatedAt: '2026-01-01T10:00:00.000Z' }));
    expect(await first).toMatchObject({ id: 'o1', revision: 10_000_001 });
  });

  it('ends subscriptions when the gateway stops', async () => {
    const own = await startFixture();
    const client = createSseClient({
      url: `${own.url}/graphql`,
      headers: { authorization: `Bearer ${await own.tokenOf(alice)}` },
      retryAttempts: 0,
    });
    await own.write('orders', orderView('o1'));
    const states = client.iterate({ query: orderChanged, variables: { id: 'o1' } });
    await states.next();
    const end = states.next();
    await own.stop();
    expect(await end).toMatchObject({ done: true });
    client.dispose();
  });

  it('ends every subscription when the token it was opened with expires', async () => {
    await gateway.write('orders', orderView('o1'));
    const short = await gateway.identity.issue(alice, '8s');
    const orders = [overSse, overWs].map((subscribe) => subscribe(orderChanged, { id: 'o1' }, short));
    const feeds = [overSse, overWs].map((subscribe) => next(subscribe(orderFeed, {}, short), 'orderFeed'));
    for (const order of orders) expect(await next(order)).toMatchObject({ id: 'o1' });
    await opened(4);
    const ends = await Promise.all([...feeds, ...orders.map((order) => next(order))]);
    expect(ends).toMatchObject(Array(4).fill({ code: 'TOKEN_EXPIRED' }));
    await opened(0);
  });

  it('closes a WebSocket without a valid token, and takes the token from the header too', async () => {
    await expect(overWs(orderChanged, { id: 'o1' }, 'nonsense').next()).rejects.toMatchObject({ code: 4403 });
    await gateway.write('orders', orderView('o1'));
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: { authorization: `Bearer ${token}` },
    });
    closing.push(() => socket.close());
    const messages: { type: string; payload?: Payload }[] = [];
    socket.on(
      'message',
      (data: Buffer) => void messages.push(JSON.parse(data.toString()) as (typeof messages)[number]),
    );
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    await eventually(() => messages.length === 1);
    socket.send(
      JSON.stringify({ id: '1', type: 'subscribe', payload: { query: orderChanged, variables: { id: 'o1' } } }),
    );
    await eventually(() => messages.length === 2);
    expect(messages[1]).toMatchObject({ type: 'next', payload: { data: { orderChanged: { id: 'o1' } } } });
  });

  it('runs queries and mutations over WebSocket, and refuses what is too deep', async () => {
    expect(await next(overWs('{ me { id } }'), 'me')).toEqual({ id: 'alice' });
    const deep = `{ __type(name: "Query") ${'{ ofType '.repeat(20)} { name } ${'}'.repeat(20)} }`;
    expect(await next(overWs(deep))).toMatchObject({ code: 'DEPTH_LIMIT_EXCEEDED' });
  });
});
