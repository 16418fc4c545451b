import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ReadStoreError } from '@order-flow/read-store';
import { getIntrospectionQuery } from 'graphql';
import { alice, bob, type Fixture, orderView, startFixture } from './testing/gateway-fixture.js';
import { refusing } from './testing/stub-command-service.js';

describe('what the gateway refuses', () => {
  let gateway: Fixture;
  let token: string;
  beforeAll(async () => {
    gateway = await startFixture({ corsOrigins: ['https://shop.example'], sample: { sku: 'COFFEE-1' } });
    token = await gateway.tokenOf(alice);
  });
  afterAll(() => gateway.stop());

  const code = async (query: string, bearer: string | undefined = token) => {
    const { errors } = await gateway.ask(bearer, query);
    return errors?.[0]?.extensions['code'];
  };

  it('refuses a request without a token, or with somebody else’s or a broken one', async () => {
    const stranger = await startFixture();
    const foreign = await stranger.tokenOf(alice);
    await stranger.stop();
    for (const bearer of [undefined, 'x', foreign]) {
      const { status, errors } = await gateway.ask(bearer, '{ me { id } }');
      expect(status).toBe(401);
      expect(errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
    }
    for (const path of ['/orders', '/api/orders/1', '/graphql?query={me{id}}'])
      expect((await fetch(`${gateway.url}${path}`)).status).toBe(401);
  });

  it('refuses unknown fields, arguments and inputs', async () => {
    for (const query of [
      '{ me { password } }',
      '{ order(id: "1", secret: 1) { id } }',
      'mutation { placeOrder(input: {items: [], price: 1}) { __typename } }',
      'mutation { placeOrder(input: {items: [{sku: "A", quantity: 1.5}]}) { __typename } }',
      'mutation { deposit(input: {accountId: "a", amount: {amount: 1.5, currency: "EUR"}}) { __typename } }',
    ])
      expect((await gateway.ask(token, query)).errors?.length).toBeGreaterThan(0);
    expect(gateway.commands.received).toEqual([]);
  });

  it('names a code for variables that are missing or do not fit', async () => {
    const place = 'mutation($input: PlaceOrderInput!) { placeOrder(input: $input) { __typename } }';
    for (const input of [
      undefined,
      { items: [{ sku: 'A', quantity: 1.5 }] },
      { items: [{ sku: 'A', quantity: 99_999_999_999 }] },
      { items: [{ sku: 'A', quantity: 1, price: 1 }] },
      { items: null },
    ]) {
      const { status, errors } = await gateway.ask(token, place, { input });
      expect([status, errors?.[0]?.extensions]).toEqual([400, { code: 'BAD_USER_INPUT' }]);
    }
    expect(gateway.commands.received).toEqual([]);
  });

  it('refuses documents that are too deep, too costly, too long or full of aliases, and fragments that try to hide it', async () => {
    const nested = (depth: number): string => (depth === 0 ? '{ name }' : `{ ofType ${nested(depth - 1)} }`);
    expect(await code(`{ __type(name: "Query") ${nested(20)} }`)).toBe('DEPTH_LIMIT_EXCEEDED');
    const page = 'orders(first: 100) { edges { node { lines { sku name } history { version } } } }';
    expect(await code(`{ a: ${page} b: ${page} }`)).toBe('COST_LIMIT_EXCEEDED');
    expect(await code(`query($n: Int) { a: ${page.replace('100', '$n')} b: ${page.replace('100', '$n')} }`)).toBe(
      'COST_LIMIT_EXCEEDED',
    );
    const unpaid = 'orders(first: -1000) @skip(if: true) { edges { node { id } } }';
    expect(await code(`{ a: ${page} b: ${page} ${unpaid} }`)).toBe('COST_LIMIT_EXCEEDED');
    expect(await code(`{ ${Array.from({ length: 31 }, (_, i) => `a${i}: me { id }`).join(' ')} }`)).toBe(
      'ALIASES_LIMIT_EXCEEDED',
    );
    expect((await gateway.ask(token, `{ ${'me { id } '.repeat(1_000)} }`)).errors?.[0]?.message).toContain('tokens');
    const doubling = Array.from(
      { length: 20 },
      (_, i) => `fragment F${i} on Query { ...F${i + 1} x${i}: me { id } ...F${i + 1} }`,
    );
    expect(await code(`{ ...F0 } ${doubling.join(' ')} fragment F20 on Query { me { id } }`)).toBe(
      'COST_LIMIT_EXCEEDED',
    );
    expect((await gateway.ask(token, '{ ...A } fragment A on Query { ...A }')).errors?.[0]?.message).toContain(
      'itself',
    );
    expect((await gateway.ask(token, getIntrospectionQuery())).errors).toBeUndefined();
  });

  it('refuses to search for more than a name can hold', async () => {
    const search = (text: string) => code(`{ products(search: "${text}") { edges { cursor } } }`);
    expect(await search('x'.repeat(200))).toBeUndefined();
    expect(await search('x'.repeat(100_000))).toBe('BAD_USER_INPUT');
  });

  it('refuses malformed JSON, other media types, batches, empty bodies and bodies over 1 MiB', async () => {
    const statusOf = async (body: string, headers: Record<string, string> = {}) =>
      (await gateway.post(token, body, headers)).status;
    expect(await statusOf('{"query":')).toBe(400);
    expect(await statusOf('[{"query":"{me{id}}"}]')).toBe(400);
    expect(await statusOf('{}')).toBe(400);
    expect(await statusOf('null')).toBe(400);
    expect(await statusOf('{"query": 5}')).toBe(400);
    expect(await statusOf('{"query":"{me{id}}"}', { 'content-type': 'text/plain' })).toBe(415);
    expect(await statusOf('query={me{id}}', { 'content-type': 'application/x-www-form-urlencoded' })).toBe(415);
    expect(await statusOf(JSON.stringify({ query: `{ me { id } } # ${'x'.repeat(1_048_576)}` }))).toBe(413);
  });

  it('never mutates by GET', async () => {
    const query = encodeURIComponent('mutation { placeOrder(input: {items: []}) { __typename } }');
    const response = await fetch(`${gateway.url}/graphql?query=${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(405);
    const read = await fetch(`${gateway.url}/graphql?query={me{id}}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await read.json()).toEqual({ data: { me: { id: 'alice' } } });
  });

  it('names the methods that it takes, and the media types that it answers in', async () => {
    const head = await fetch(`${gateway.url}/graphql`, { method: 'HEAD' });
    expect([head.status, head.headers.get('allow')]).toEqual([405, 'GET, OPTIONS, POST']);
    const subscription = { query: 'subscription { stockChanged { sku } }' };
    const refused = await gateway.post(token, subscription, { accept: 'application/json' });
    expect([refused.status, await refused.json()]).toEqual([
      406,
      { errors: [{ message: 'this is answered as text/event-stream', extensions: { code: 'NOT_ACCEPTABLE' } }] },
    ]);
  });

  it('hides what went wrong inside', async () => {
    gateway.commands.answer = () => ({ surprise: true });
    const { errors } = await gateway.ask(
      token,
      'mutation { placeOrder(input: {items: [{sku: "A", quantity: 1}]}) { __typename } }',
    );
    expect(errors).toEqual([
      expect.objectContaining({
        message: 'something went wrong; the log has the details',
        extensions: { code: 'INTERNAL' },
      }),
    ]);
  });

  it('says that the read store is away where it is, and that is no mistake inside', async () => {
    const failure = new ReadStoreError('STORE_UNAVAILABLE', 'MongoDB at mongodb:27017 cannot be used');
    const cut = await startFixture({ collectionFor: () => Promise.reject(failure) });
    try {
      const bearer = await cut.tokenOf(alice);
      const unavailable = { code: 'SERVICE_UNAVAILABLE' };
      const { errors } = await cut.ask(bearer, '{ orders(first: 1) { edges { node { id } } } }');
      expect(errors).toEqual([expect.objectContaining({ extensions: unavailable })]);
      expect(errors?.[0]?.message).toBe('the read models cannot be reached now; try again later');
      const listed = await fetch(`${cut.url}/orders`, { headers: { authorization: `Bearer ${bearer}` } });
      expect([listed.status, await listed.json()]).toEqual([503, expect.objectContaining(unavailable)]);
    } finally {
      await cut.stop();
    }
  });

  it('serves GraphiQL to browsers without data, with working examples and no token', async () => {
    const response = await fetch(`${gateway.url}/graphql`, { headers: { accept: 'text/html,*/*' } });
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toContain("connect-src 'self'");
    const has = {
      hint: page.includes('Bearer <paste token>'),
      sku: page.includes('COFFEE-1'),
      token: /eyJ[\w-]+\.eyJ[\w-]+\./.test(page),
    };
    expect(has).toEqual({ hint: true, sku: true, token: false });
    expect(/(?:src|href)=["']https?:/.test(page)).toBe(false);
  });

  it('lets pages of configured origins call, and no others', async () => {
    const preflight = (origin: string) =>
      fetch(`${gateway.url}/graphql`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    expect((await preflight('https://shop.example')).headers.get('access-control-allow-origin')).toBe(
      'https://shop.example',
    );
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    const answer = await gateway.post(undefined, { query: '{ me { id } }' }, { origin: 'https://shop.example' });
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example');
  });

  it('limits the rate per caller', async () => {
    const slow = await startFixture({ rateLimitPerMinute: 8 });
    const [one, two] = await Promise.all([alice, bob].map(slow.tokenOf));
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await slow.post(one, { query: '{ me { id } }' })).status);
    expect(statuses).toEqual([200, 200, 429]);
    const rest = await fetch(`${slow.url}/orders`, { headers: { authorization: `Bearer ${one}` } });
    expect([rest.status, rest.headers.get('retry-after')]).toEqual([429, '8']);
    expect((await slow.post(two, { query: '{ me { id } }' })).status).toBe(200);
    await slow.stop();
  });

  it('survives a connection that asks for another protocol', async () => {
    const { hostname, port } = new URL(gateway.url);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write('GET /other HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
      );
      socket.on('data', (data) => resolve(data.toString()));
    });
    expect(answer).toContain('404');
  });

  describe('over REST', () => {
    const rest = (path: string, init: RequestInit = {}) =>
      fetch(`${gateway.url}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${token}`, ...(init.headers as object) },
      });

    it('forwards orders with key and location, under both paths', async () => {
      gateway.commands.received.length = 0;
      gateway.commands.answer = () => ({ orderId: '1' });
      for (const path of ['/orders', '/api/orders']) {
        const response = await rest(path, {
          method: 'POST',
          body: '{"items":[]}',
          headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
        });
        expect([response.status, response.headers.get('location'), await response.json()]).toEqual([
          201,
          '/api/orders/1',
          { orderId: '1' },
        ]);
      }
      await rest('/api/orders/1/cancel', { method: 'POST' });
      for (const path of ['/orders/1', '/api/orders/1', '/api/orders/1/history'])
        expect((await rest(path)).status).toBe(200);
      expect(gateway.commands.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
        'POST /api/orders',
        'POST /api/orders',
        'POST /api/orders/1/cancel',
        'GET /api/orders/1',
        'GET /api/orders/1',
        'GET /api/orders/1/history',
      ]);
      expect(gateway.commands.received[0]).toMatchObject({ body: { items: [] }, headers: { 'idempotency-key': 'k' } });
    });

    it('passes problems on, and makes its own', async () => {
      gateway.commands.answer = refusing(409, 'PRICE_CHANGED', { sku: 'A' });
      const refused = await rest('/orders', {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json' },
      });
      expect([refused.status, refused.headers.get('content-type')]).toEqual([
        409,
        expect.stringContaining('application/problem+json'),
      ]);
      expect(await refused.json()).toMatchObject({ code: 'PRICE_CHANGED', sku: 'A' });
      gateway.directory.replace([]);
      const away = await rest('/orders/1');
      expect([away.status, await away.json()]).toEqual([503, expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' })]);
      gateway.directory.replace([gateway.commands.url]);
    });

    it("lists the caller's orders from the read model", async () => {
      await gateway.write('orders', orderView('a1'));
      await gateway.write('orders', orderView('b1', { customerId: bob.subject }));
      expect(await (await rest('/orders?status=PENDING,FAILED')).json()).toMatchObject({
        orders: [{ orderId: 'a1', version: 1 }],
        next: null,
      });
      expect((await rest('/orders?customerId=bob')).status).toBe(403);
      for (const query of ['first=1000', 'first=', 'first=0x1', 'first=-1', 'status=NOPE', 'page=2', 'after=zzz'])
        expect((await rest(`/orders?${query}`)).status).toBe(422);
    });
  });
});
