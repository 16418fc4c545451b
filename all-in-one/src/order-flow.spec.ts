import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigurationError, Identity } from '@order-flow/service-kit';
import { seed } from './seed.js';
import { eventually, RunningPlatform } from './testing/running-platform.js';
import { ada, customer, Shop, tessa } from './testing/shop.js';

let platform: RunningPlatform;
let shop: Shop;
beforeAll(async () => {
  platform = await RunningPlatform.start();
  await platform.seed();
  shop = new Shop(platform);
});
afterAll(() => platform.stop());

it('a demo shop whose token is of another system is refused with what to name', async () => {
  const stranger = await Identity.ephemeral();
  const token = await stranger.issue({ subject: 'operator', role: 'operator' });
  const refusal = new ConfigurationError(
    `${platform.urls.commands} refuses the token; name the directory with the keys of its system in IDENTITY_DIR`,
  );
  await expect(seed(platform.urls.commands, token)).rejects.toThrow(refusal);
});

describe('an order', () => {
  it('is placed, reserved, paid and confirmed, and every step arrives live', async () => {
    const { id, status } = await shop.place(ada, 'TEA-MATCHA', 2);
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
    expect(await shop.read(id)).toMatchObject({ status: 'CONFIRMED', version: 3, total: { amount: 3_980 } });
    expect(await shop.stockOf('TEA-MATCHA')).toEqual({ onHand: 400, reserved: 2, available: 398 });
  });

  it('fails when the shelf is empty, with what was missing, and takes nothing', async () => {
    const before = await shop.balanceOf('ada');
    const { id } = await shop.place(ada, 'MACHINE-LEVER', 13);
    expect(await shop.ended(id, 'FAILED')).toMatchObject({ reason: 'OUT_OF_STOCK' });
    expect(await shop.stockOf('MACHINE-LEVER')).toEqual({ onHand: 12, reserved: 0, available: 12 });
    expect(await shop.balanceOf('ada')).toBe(before);
  });

  it('fails when it cannot be paid, and its stock is released', async () => {
    const { id } = await shop.place(tessa, 'KETTLE-GOOSENECK', 1);
    expect(await shop.ended(id, 'FAILED')).toMatchObject({ reason: 'INSUFFICIENT_FUNDS' });
    const released = await eventually(async () => {
      const stock = await shop.stockOf('KETTLE-GOOSENECK');
      return stock.reserved === 0 ? stock : undefined;
    });
    expect(released).toEqual({ onHand: 200, reserved: 0, available: 200 });
    expect(await shop.balanceOf('tessa')).toBe(2_500);
  });

  it('is cancelled after confirmation: stock and money come back', async () => {
    const before = await shop.balanceOf('ada');
    const { id } = await shop.place(ada, 'SCALE-01G', 1);
    await shop.ended(id, 'CONFIRMED');
    const cancel = `mutation { cancelOrder(input: {orderId: "${id}"}) { ... on Order { id status } ... on Error { code message } } }`;
    const { data } = await platform.graphql(cancel, {}, ada);
    expect(data?.['cancelOrder']).toMatchObject({ id, status: 'CANCELLING' });
    expect(await shop.ended(id, 'CANCELLED')).toMatchObject({ version: 5 });
    expect(await shop.stockOf('SCALE-01G')).toMatchObject({ reserved: 0 });
    expect(await eventually(async () => ((await shop.balanceOf('ada')) === before ? before : undefined))).toBe(before);
  });

  it('can be read at the version that a mutation answered', async () => {
    const { id, version } = await shop.place(ada, 'TEA-EARLGREY', 1);
    expect((await shop.read(id, version))?.version).toBeGreaterThanOrEqual(version);
  });
});

describe('many customers at once', () => {
  it('sell the last units exactly once', async () => {
    const customers = ['bruno', 'clara', 'david', 'elif', 'farid', 'greta', 'hugo', 'ines'];
    const placed = await Promise.all(
      Array.from({ length: 80 }, (_, n) => shop.place(customer(customers[n % 8] ?? 'ada'), 'COFFEE-GEISHA', 1)),
    );
    const orders = await Promise.all(placed.map(({ id }) => shop.ended(id, 'CONFIRMED', 'FAILED')));
    expect(orders.filter(({ status }) => status === 'CONFIRMED')).toHaveLength(60);
    expect(orders.filter(({ reason }) => reason === 'OUT_OF_STOCK')).toHaveLength(20);
    const stock = await eventually(async () => {
      const now = await shop.stockOf('COFFEE-GEISHA');
      return now.reserved === 60 ? now : undefined;
    });
    expect(stock).toEqual({ onHand: 60, reserved: 60, available: 0 });
  });
});

describe('what a customer may see', () => {
  it('is their own', async () => {
    const { id } = await shop.place(ada, 'TEA-ROOIBOS', 1);
    await shop.ended(id, 'CONFIRMED');
    const { data } = await platform.graphql(`{ order(id: "${id}") { id } account(id: "ada") { id } }`, {}, tessa);
    expect(data).toEqual({ order: null, account: null });
  });
});
