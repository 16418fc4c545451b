import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  alice,
  bob,
  customerView,
  type Fixture,
  operator,
  orderView,
  productView,
  startFixture,
} from './testing/gateway-fixture.js';

interface Listed {
  readonly orders: {
    readonly edges: readonly { readonly node: { readonly id: string } }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}

describe('queries', () => {
  let gateway: Fixture;
  let asAlice: string;
  let asBob: string;
  let asOperator: string;
  beforeAll(async () => {
    gateway = await startFixture({ readYourWritesMs: 200 });
    [asAlice, asBob, asOperator] = await Promise.all([
      gateway.tokenOf(alice),
      gateway.tokenOf(bob),
      gateway.tokenOf(operator),
    ]);
    await gateway.readStore.collection('orders').createIndexes([{ key: { customerId: 1, placedAt: -1 } }]);
    for (let i = 0; i < 5; i++)
      await gateway.write('orders', orderView(`a${i}`, { placedAt: `2026-01-01T10:00:0${Math.floor(i / 2)}.000Z` }));
    await gateway.write('orders', orderView('b0', { customerId: bob.subject, status: 'CONFIRMED', version: 3 }));
    await gateway.write('orders', orderView('early', { customerId: null, placedAt: null, total: null, version: 0 }));
    await gateway.write('customers', customerView('alice'));
    for (const sku of ['TEA-1', 'TEA-2', 'CUP.1', 'CUPX1']) await gateway.write('products', productView(sku));
  });
  afterAll(() => gateway.stop());

  it('shows a customer their own order, with money as exact minor units', async () => {
    const { data } = await gateway.ask(
      asAlice,
      '{ order(id: "a0") { id status version revision total { amount currency } lines { sku quantity } history { status } } }',
    );
    expect(data).toEqual({
      order: {
        id: 'a0',
        status: 'PENDING',
        version: 1,
        revision: 1,
        total: { amount: 900, currency: 'EUR' },
        lines: [{ sku: 'TEA', quantity: 2 }],
        history: [{ status: 'PENDING' }],
      },
    });
  });

  it("answers null for another customer's order, and shows it to an operator", async () => {
    expect((await gateway.ask(asBob, '{ order(id: "a0") { id } }')).data).toEqual({ order: null });
    expect((await gateway.ask(asBob, '{ order(id: "a0", minVersion: 1) { id } }')).data).toEqual({ order: null });
    expect((await gateway.ask(asAlice, '{ order(id: "early") { id } }')).data).toEqual({ order: null });
    expect((await gateway.ask(asOperator, '{ order(id: "a0") { id } }')).data).toEqual({ order: { id: 'a0' } });
  });

  it('pages by keyset over ties without losing or repeating any', async () => {
    for (const orderBy of ['PLACED_AT_DESC', 'PLACED_AT_ASC']) {
      const seen: string[] = [];
      let after: string | null = null;
      do {
        const query = `query($after: String) { orders(first: 2, after: $after, orderBy: ${orderBy}) {
          edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }`;
        const { orders }: Listed = (await gateway.ask<Listed>(asAlice, query, { after })).data;
        seen.push(...orders.edges.map(({ node }) => node.id));
        after = orders.pageInfo.hasNextPage ? orders.pageInfo.endCursor : null;
      } while (after);
      const newestFirst = ['a4', 'a2', 'a3', 'a0', 'a1'];
      expect(seen).toEqual(orderBy === 'PLACED_AT_DESC' ? newestFirst : newestFirst.reverse());
    }
  });

  it('filters by status and time, and leaves out orders whose creation is not folded', async () => {
    const query = `{ confirmed: orders(filter: {statuses: [CONFIRMED, FAILED]}) { edges { node { id } } }
      late: orders(filter: {customerId: "alice", placedFrom: "2026-01-01T11:00:01+01:00", placedTo: "2026-01-01T10:00:02Z"}) { edges { node { id } } }
      all: orders { edges { node { id } } } }`;
    const { data } = await gateway.ask<Record<string, Listed['orders']>>(asOperator, query);
    expect(data.confirmed?.edges).toEqual([{ node: { id: 'b0' } }]);
    expect(data.late?.edges).toEqual([{ node: { id: 'a2' } }, { node: { id: 'a3' } }]);
    expect(data.all?.edges).toHaveLength(6);
  });

  it('refuses to list another customer’s orders, a foreign cursor and too long a page', async () => {
    const { errors } = await gateway.ask(
      asBob,
      `{ a: orders(filter: {customerId: "alice"}) { pageInfo { hasNextPage } } b: orders(after: "x") { pageInfo { hasNextPage } }
         c: products(first: 101) { pageInfo { hasNextPage } } }`,
    );
    expect(errors?.map(({ extensions }) => extensions['code']).sort()).toEqual(expect.arrayContaining(['FORBIDDEN']));
    const other = await gateway.ask(asBob, '{ products(first: 101) { pageInfo { hasNextPage } } }');
    expect(other.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
    const cursor = await gateway.ask(asBob, '{ orders(after: "x") { pageInfo { hasNextPage } } }');
    expect(cursor.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('searches products literally and in either case', async () => {
    const query =
      '{ products(search: "cup.1") { edges { node { sku name available } } } product(sku: "TEA-1") { price { amount } } }';
    const { data } = await gateway.ask(asBob, query);
    expect(data).toEqual({
      products: { edges: [{ node: { sku: 'CUP.1', name: 'Product CUP.1', available: 10 } }] },
      product: { price: { amount: 450 } },
    });
  });

  it('answers who is asking, and only their account, with balances beyond 2^31', async () => {
    const query = '{ me { id role account { id name balances { amount currency } } } account(id: "alice") { id } }';
    expect((await gateway.ask(asAlice, query)).data).toEqual({
      me: {
        id: 'alice',
        role: 'CUSTOMER',
        account: { id: 'alice', name: 'Alice', balances: [{ amount: 5e9, currency: 'EUR' }] },
      },
      account: { id: 'alice' },
    });
    expect((await gateway.ask(asBob, query)).data).toEqual({
      me: { id: 'bob', role: 'CUSTOMER', account: null },
      account: null,
    });
  });

  it('shows services and projections to operators only', async () => {
    const query = '{ services { service status url } projections { name lag state } }';
    gateway.commands.answer = ({ path }) =>
      path === '/projections' ? [{ name: 'orders', collection: 'orders__1', lag: 3, state: 'BEHIND' }] : {};
    expect((await gateway.ask(asOperator, query)).data).toEqual({
      services: [{ service: 'command-service', status: 'UP', url: gateway.commands.url }],
      projections: [{ name: 'orders', lag: 3, state: 'BEHIND' }],
    });
    expect((await gateway.ask(asAlice, query)).errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
    gateway.directory.replace([]);
    const alone = await gateway.ask(asOperator, '{ projections { name } }');
    expect(alone.errors?.[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    gateway.directory.replace([gateway.commands.url]);
  });

  it('waits for the version asked for, and says how far it came when that takes too long', async () => {
    const query = '{ order(id: "ryw", minVersion: 2) { version status } }';
    await gateway.write('orders', orderView('ryw'));
    const late = await gateway.ask(asAlice, query);
    expect(late.errors?.[0]?.extensions).toMatchObject({ code: 'READ_MODEL_BEHIND', reached: 1 });
    const waiting = gateway.ask(asAlice, query);
    await gateway.change('orders', orderView('ryw', { version: 2, revision: 2, status: 'RESERVED' }));
    expect((await waiting).data).toEqual({ order: { version: 2, status: 'RESERVED' } });
  });

  it('follows the collection that serves a model', async () => {
    const other = await startFixture({ collectionFor: async (model) => `${model}__2` });
    await other.write('products__2', productView('NEW'));
    const token = await other.tokenOf(alice);
    expect((await other.ask(token, '{ product(sku: "NEW") { sku } }')).data).toEqual({ product: { sku: 'NEW' } });
    await other.stop();
  });
});
