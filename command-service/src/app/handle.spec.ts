import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { OrderDemand } from '@order-flow/contracts';
import { type EventStore, openEmbeddedEventStore } from '@order-flow/event-store';
import type { OrderCommand } from '../domain/order.js';
import { type Orders, orders, rememberedOrders } from './aggregates.js';
import { handle, handleTogether } from './handle.js';
import { CommandRefused } from '../domain/decider.js';
import { RecentStreams } from './recent-streams.js';

const orderId = '00000000-0000-4000-8000-000000000001';
const demand: OrderDemand = {
  orderId,
  customerId: 'alice',
  lines: [{ sku: 'TEA', name: 'Tea', quantity: 2, unitPrice: { amount: 100, currency: 'EUR' } }],
  total: { amount: 200, currency: 'EUR' },
};
const create: OrderCommand = { type: 'CreateOrder', demand };
const reserved: OrderCommand = { type: 'MarkOrderStockReserved', data: { orderId } };
const confirm: OrderCommand = { type: 'ConfirmOrder', data: { orderId } };
const cancel = (reason: string): OrderCommand => ({ type: 'RequestOrderCancellation', orderId, reason });

let directory: string;
let store: EventStore;
let reads: number;
let remembered: Orders;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'handle-'));
  store = await openEmbeddedEventStore({ path: directory });
  const readStream = store.readStream.bind(store);
  reads = 0;
  store.readStream = (...asked) => {
    reads++;
    return readStream(...asked);
  };
  remembered = rememberedOrders();
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

const run = (of: Orders, commandId: string, command: OrderCommand) => {
  const begins = command.type === 'CreateOrder';
  return handle(store, of, orderId, { commandId, correlationId: 'c', input: command, begins }, () => command);
};
/** As another instance does it, which remembers nothing of what this one did. */
const elsewhere = (commandId: string, command: OrderCommand) => run(orders, commandId, command);

async function stored(): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of store.readStream(orders.stream(orderId))) types.push(type);
  return types;
}

describe('an order that this process wrote last', () => {
  beforeEach(() => run(remembered, '1', create));

  it('is written without being read', async () => {
    expect(await run(remembered, '2', reserved)).toMatchObject({ version: 2, repeated: false });
    expect(await run(remembered, '3', confirm)).toMatchObject({ version: 3, state: { status: 'CONFIRMED' } });
    expect(reads).toBe(0);
    expect(await stored()).toEqual(['OrderCreated', 'OrderStockReserved', 'OrderConfirmed']);
  });

  it('answers a repeated command as the first time', async () => {
    const first = await run(remembered, '2', reserved);
    await run(remembered, '3', confirm);
    expect(await run(remembered, '2', reserved)).toEqual({ ...first, repeated: true });
    expect(reads).toBe(0);
  });

  it('is read when somebody else went on with it', async () => {
    await elsewhere('2', cancel('no longer needed'));
    await expect(run(remembered, '3', confirm)).rejects.toMatchObject({ code: 'ORDER_CLOSED' });
    await expect(run(remembered, '4', reserved)).rejects.toMatchObject({ code: 'ORDER_CLOSED' });
    expect(await stored()).toEqual(['OrderCreated', 'OrderCancellationRequested']);
  });

  it('is read before a command is refused', async () => {
    await expect(run(remembered, '2', { type: 'CompleteOrderCancellation', data: { orderId } })).rejects.toMatchObject({
      code: 'ORDER_CLOSED',
    });
    expect(reads).toBe(1);
  });

  it('tells another input with the same key from a retry, also when the first was handled elsewhere', async () => {
    const first = await elsewhere('2', cancel('no longer needed'));
    await expect(run(remembered, '2', cancel('too late'))).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect(await run(remembered, '2', cancel('no longer needed'))).toMatchObject({ version: first.version });
    await expect(run(remembered, '1', cancel('x'))).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect(await stored()).toEqual(['OrderCreated', 'OrderCancellationRequested']);
  });
});

it('forgets the streams that were not used for longest', () => {
  const recent = new RecentStreams<number>(2);
  const state = (version: number) => ({ state: 0, version, answers: new Map() });
  for (const [at, stream] of ['a', 'b', 'a', 'c'].entries()) {
    if (!recent.get(stream)) recent.set(stream, state(at));
  }
  expect(['a', 'b', 'c'].map((stream) => recent.get(stream)?.version)).toEqual([0, undefined, 3]);
});

describe('an order that is placed again, elsewhere and priced anew', () => {
  const dearer: OrderDemand = { ...demand, total: { amount: 300, currency: 'EUR' } };
  const place = (of: Orders, priced: OrderDemand) => {
    const context = { commandId: '1', correlationId: 'c', input: 'two teas', begins: true };
    return handle(store, of, orderId, context, () => ({ type: 'CreateOrder' as const, demand: priced }));
  };

  it('is answered as the first time, and remembered as it is stored', async () => {
    await place(orders, demand);
    const other = await place(remembered, dearer);
    expect(other).toMatchObject({ version: 1, repeated: true, state: { demand: { total: { amount: 200 } } } });
    await run(remembered, '2', { type: 'FailOrder', data: { orderId, reason: 'OUT_OF_STOCK' } });
    const events = [];
    for await (const event of store.readStream(orders.stream(orderId))) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(['OrderCreated', 'OrderFailed']);
    expect(events[1]?.data).toMatchObject({ total: { amount: 200 } });
  });
});

describe('commands to one order that come together', () => {
  let appends: number;
  beforeEach(async () => {
    await run(remembered, '1', create);
    appends = 0;
    const append = store.append.bind(store);
    store.append = (...asked) => {
      appends++;
      return append(...asked);
    };
  });

  const together = async (of: Orders, commands: Readonly<Record<string, OrderCommand>>) => {
    const asked = Object.entries(commands).map(([commandId, command]) => ({
      context: { commandId, correlationId: 'c', input: command },
      makeCommand: () => command,
    }));
    const outcomes = await handleTogether(store, of, orderId, asked);
    return outcomes.map((outcome) => (outcome instanceof CommandRefused ? outcome.code : outcome));
  };

  it('share an append, each decided on the one before', async () => {
    expect(await together(remembered, { 2: reserved, 3: confirm })).toMatchObject([
      { version: 2, repeated: false, state: { status: 'RESERVED' } },
      { version: 3, repeated: false, state: { status: 'CONFIRMED' } },
    ]);
    expect(await stored()).toEqual(['OrderCreated', 'OrderStockReserved', 'OrderConfirmed']);
    expect([appends, reads]).toEqual([1, 1]);
  });

  it('come again, to an instance that remembers them and to one that does not', async () => {
    const first = await together(remembered, { 2: reserved, 3: confirm });
    const again = first.map((outcome) => ({ ...(outcome as object), repeated: true }));
    expect(await together(remembered, { 2: reserved, 3: confirm })).toEqual(again);
    expect(await together(orders, { 2: reserved, 3: confirm })).toEqual(again);
    expect(appends).toBe(1);
  });

  it('are handled as far as they were not', async () => {
    await elsewhere('2', reserved);
    expect(await together(remembered, { 2: reserved, 3: confirm })).toMatchObject([
      { version: 2, repeated: true },
      { version: 3, repeated: false },
    ]);
    expect(await stored()).toEqual(['OrderCreated', 'OrderStockReserved', 'OrderConfirmed']);
  });

  it('may each be refused, which is decided on what is in the stream', async () => {
    await elsewhere('2', cancel('no longer needed'));
    const complete: OrderCommand = { type: 'CompleteOrderCancellation', data: { orderId } };
    expect(await together(remembered, { 3: reserved, 4: confirm, 5: complete })).toMatchObject([
      'ORDER_CLOSED',
      'ORDER_CLOSED',
      { version: 3, state: { status: 'CANCELLED' } },
    ]);
    expect(await stored()).toEqual(['OrderCreated', 'OrderCancellationRequested', 'OrderCancelled']);
  });

  it('are not refused for what was remembered and is so no more', async () => {
    await elsewhere('3', confirm);
    await elsewhere('4', cancel('no longer needed'));
    const complete: OrderCommand = { type: 'CompleteOrderCancellation', data: { orderId } };
    expect(await together(remembered, { 3: confirm, 5: complete })).toMatchObject([
      { version: 2, repeated: true },
      { version: 4, state: { status: 'CANCELLED' } },
    ]);
  });
});
