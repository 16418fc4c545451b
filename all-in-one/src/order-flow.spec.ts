import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, RunningPlatform } from './testing/running-platform.js';

let platform: RunningPlatform;
beforeAll(async () => {
  platform = await RunningPlatform.start();
  await platform.seed();
});
afterAll(() => platform.stop());

const ada = { subject: 'ada', role: 'customer' } as const;
/** Has 25 EUR. */
const tessa = { subject: 'tessa', role: 'customer' } as const;

const PLACE = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { ... on Order { id status version } ... on Error { code message } }
}`;
interface Placed {
  id: string;
  status: string;
  version: number;
  code?: string;
}
interface Order {
  status: string;
  version: number;
  reason: string | null;
  total: { amount: number };
}

async function place(caller: typeof ada | typeof tessa, sku: string, quantity: number): Promise<Placed> {
  const { data } = await platform.graphql(PLACE, { input: { items: [{ sku, quantity }] } }, caller);
  return data?.['placeOrder'] as Placed;
}
const read = async (id: string, minVersion?: number): Promise<Order | undefined> => {
  const query =
    'query ($id: ID!, $minVersion: Int) { order(id: $id, minVersion: $minVersion) { status version reason total { amount } } }';
  const { data } = await platform.graphql(query, { id, minVersion });
  return data?.['order'] ? (data['order'] as Order) : undefined;
};
const ended = (id: string, ...statuses: string[]): Promise<Order> =>
  eventually(async () => {
    const order = await read(id);
    return order && statuses.includes(order.status) ? order : undefined;
  });
/** Read models may be some milliseconds behind: waits until they have everything that is on the topics. */
const caughtUp = (): Promise<true> =>
  eventually(async () => {
    const headers = { authorization: `Bearer ${await platform.token()}` };
    const response = await fetch(`${platform.urls.projections}/projections`, { headers });
    const statuses = (await response.json()) as { lag: number }[];
    return statuses.every(({ lag }) => lag === 0) || undefined;
  });
async function stockOf(sku: string): Promise<{ onHand: number; reserved: number; available: number }> {
  await caughtUp();
  const { data } = await platform.graphql('query ($sku: ID!) { product(sku: $sku) { onHand reserved available } }', {
    sku,
  });
  return data?.['product'] as { onHand: number; reserved: number; available: number };
}
async function balanceOf(id: string): Promise<number> {
  await caughtUp();
  const { data } = await platform.graphql('query ($id: ID!) { account(id: $id) { balances { amount } } }', { id });
  return (data?.['account'] as { balances: { amount: number }[] }).balances[0]?.amount ?? 0;
}

describe('an order', () => {
  it('is placed, reserved, paid and confirmed, and every step arrives live', async () => {
    const { id, status } = await place(ada, 'TEA-MATCHA', 2);
    expect(status).toBe('PENDING');
    const response = await fetch(`${platform.urls.gateway}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${await platform.token(ada)}`,
      },
      body: JSON.stringify({ query: `subscription { orderChanged(id: "${id}") { status version revision } }` }),
    });
    let text = '';
    const seen: { status: string; revision: number }[] = [];
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString();
      const messages = [...text.matchAll(/^data: ?(\{.*\})$/gm)].map(
        ([, json]) => JSON.parse(json ?? '') as { data: { orderChanged: (typeof seen)[number] } },
      );
      seen.splice(0, seen.length, ...messages.map(({ data }) => data.orderChanged));
      if (seen.at(-1)?.status === 'CONFIRMED') break;
    }
    const revisions = seen.map(({ revision }) => revision);
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
    expect(await read(id)).toMatchObject({ status: 'CONFIRMED', version: 3, total: { amount: 3_980 } });
    expect(await stockOf('TEA-MATCHA')).toEqual({ onHand: 400, reserved: 2, available: 398 });
  });

  it('fails when the shelf is empty, with what was missing, and takes nothing', async () => {
    const before = await balanceOf('ada');
    const { id } = await place(ada, 'MACHINE-LEVER', 13);
    expect(await ended(id, 'FAILED')).toMatchObject({ reason: 'OUT_OF_STOCK' });
    expect(await stockOf('MACHINE-LEVER')).toEqual({ onHand: 12, reserved: 0, available: 12 });
    expect(await balanceOf('ada')).toBe(before);
  });

  it('fails when it cannot be paid, and its stock is released', async () => {
    const { id } = await place(tessa, 'KETTLE-GOOSENECK', 1);
    expect(await ended(id, 'FAILED')).toMatchObject({ reason: 'INSUFFICIENT_FUNDS' });
    const released = await eventually(async () => {
      const stock = await stockOf('KETTLE-GOOSENECK');
      return stock.reserved === 0 ? stock : undefined;
    });
    expect(released).toEqual({ onHand: 200, reserved: 0, available: 200 });
    expect(await balanceOf('tessa')).toBe(2_500);
  });

  it('is cancelled after confirmation: stock and money come back', async () => {
    const before = await balanceOf('ada');
    const { id } = await place(ada, 'SCALE-01G', 1);
    await ended(id, 'CONFIRMED');
    const cancel = `mutation { cancelOrder(input: {orderId: "${id}"}) { ... on Order { id status } ... on Error { code message } } }`;
    const { data } = await platform.graphql(cancel, {}, ada);
    expect(data?.['cancelOrder']).toMatchObject({ id, status: 'CANCELLING' });
    expect(await ended(id, 'CANCELLED')).toMatchObject({ version: 5 });
    expect(await stockOf('SCALE-01G')).toMatchObject({ reserved: 0 });
    expect(await eventually(async () => ((await balanceOf('ada')) === before ? before : undefined))).toBe(before);
  });

  it('can be read at the version that a mutation answered', async () => {
    const { id, version } = await place(ada, 'TEA-EARLGREY', 1);
    expect((await read(id, version))?.version).toBeGreaterThanOrEqual(version);
  });
});

describe('many customers at once', () => {
  it('sell the last units exactly once', async () => {
    const customers = ['bruno', 'clara', 'david', 'elif', 'farid', 'greta', 'hugo', 'ines'];
    const placed = await Promise.all(
      Array.from({ length: 80 }, (_, n) =>
        place({ subject: customers[n % 8] ?? 'ada', role: 'customer' } as never, 'COFFEE-GEISHA', 1),
      ),
    );
    const orders = await Promise.all(placed.map(({ id }) => ended(id, 'CONFIRMED', 'FAILED')));
    expect(orders.filter(({ status }) => status === 'CONFIRMED')).toHaveLength(60);
    expect(orders.filter(({ reason }) => reason === 'OUT_OF_STOCK')).toHaveLength(20);
    const stock = await eventually(async () => {
      const now = await stockOf('COFFEE-GEISHA');
      return now.reserved === 60 ? now : undefined;
    });
    expect(stock).toEqual({ onHand: 60, reserved: 60, available: 0 });
  });
});

describe('what a customer may see', () => {
  it('is their own', async () => {
    const { id } = await place(ada, 'TEA-ROOIBOS', 1);
    await ended(id, 'CONFIRMED');
    const { data } = await platform.graphql(`{ order(id: "${id}") { id } account(id: "ada") { id } }`, {}, tessa);
    expect(data).toEqual({ order: null, account: null });
  });
});
