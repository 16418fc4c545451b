import { describe, expect, it } from '@jest/globals';
import {
  accountEvents,
  catalogEvents,
  inventoryEvents,
  type OrderDemand,
  orderCommands,
  orderEvents,
  paymentEvents,
} from '@order-flow/contracts';
import { type DriverOptions, type TestDriver, testDriver } from '@order-flow/streams';
import { inventory } from './inventory.js';
import { orderSaga } from './order-saga.js';
import { payment } from './payment.js';

const orderId = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Orders, more than are forgotten at once. */
const FINISHED = 2_500;
const eur = (amount: number) => ({ amount, currency: 'EUR' });
const demand = (n: number, ...lines: [sku: string, quantity: number][]): OrderDemand => ({
  orderId: orderId(n),
  customerId: 'alice',
  lines: lines.map(([sku, quantity]) => ({ sku, name: sku, quantity, unitPrice: eur(100) })),
  total: eur(lines.reduce((sum, [, quantity]) => sum + quantity * 100, 0)),
});

const place = (driver: TestDriver, order: OrderDemand) =>
  driver.pipe(orderEvents, order.orderId, { type: 'OrderCreated', data: order });
const failOrder = (driver: TestDriver, order: OrderDemand) =>
  driver.pipe(orderEvents, order.orderId, { type: 'OrderFailed', data: { ...order, reason: 'INSUFFICIENT_FUNDS' } });
const cancel = (driver: TestDriver, order: OrderDemand) =>
  driver.pipe(orderEvents, order.orderId, {
    type: 'OrderCancellationRequested',
    data: { ...order, reason: 'changed my mind' },
  });

/** Orders that are noted as closed. */
const closings = (driver: TestDriver) => Object.keys(driver.store('closings')).filter((key) => key.includes('/'));

const everyWay: [string, DriverOptions][] = [
  ['running through', {}],
  ['restarted after every record', { restartAfterEveryRecord: true }],
];

describe.each(everyWay)('inventory, %s', (_name, options) => {
  const shop = () => {
    const driver = testDriver(inventory, options);
    for (const [sku, quantity] of [
      ['TEA', 5],
      ['CUP', 1],
    ] as const) {
      driver.pipe(catalogEvents, sku, {
        type: 'ProductAdded',
        data: { sku, name: sku, description: '', category: '', price: eur(100) },
      });
      driver.pipe(catalogEvents, sku, { type: 'StockReceived', data: { sku, quantity } });
    }
    return driver;
  };
  const types = (driver: TestDriver) => driver.outputs(inventoryEvents).map(({ type }) => type);

  it('reserves all lines of an order', () => {
    const driver = shop();
    const order = demand(1, ['TEA', 2], ['CUP', 1]);
    place(driver, order);
    expect(driver.outputs(inventoryEvents)).toEqual([{ type: 'InventoryReserved', data: order }]);
    expect(driver.store('stock')).toMatchObject({ TEA: { onHand: 5, reserved: 2 }, CUP: { onHand: 1, reserved: 1 } });
  });

  it('reserves nothing when one line is short, and says which', () => {
    const driver = shop();
    place(driver, demand(1, ['TEA', 2], ['CUP', 2]));
    expect(driver.outputs(inventoryEvents)).toEqual([
      {
        type: 'InventoryReservationFailed',
        data: {
          orderId: orderId(1),
          customerId: 'alice',
          reason: 'OUT_OF_STOCK',
          shortages: [{ sku: 'CUP', requested: 2, available: 1 }],
        },
      },
    ]);
    expect(driver.store('stock')).toMatchObject({ TEA: { reserved: 0 }, CUP: { reserved: 0 } });
    expect(driver.store('holds')).toEqual({});
  });

  it('fails an order of something it has never had', () => {
    const driver = shop();
    place(driver, demand(1, ['GHOST', 1]));
    expect(driver.outputs(inventoryEvents)[0]?.data).toMatchObject({ reason: 'UNKNOWN_SKU' });
  });

  it('gives everything back once, however often the order is undone', () => {
    const driver = shop();
    const order = demand(1, ['TEA', 2]);
    place(driver, order);
    failOrder(driver, order);
    failOrder(driver, order);
    expect(types(driver)).toEqual(['InventoryReserved', 'InventoryReleased']);
    expect(driver.outputs(inventoryEvents)[1]?.data).toEqual({
      orderId: orderId(1),
      lines: [{ sku: 'TEA', quantity: 2 }],
    });
    expect(driver.store('stock')).toMatchObject({ TEA: { onHand: 5, reserved: 0 } });
  });

  it('answers a request that its undo has overtaken with ORDER_CLOSED', () => {
    const driver = shop();
    const order = demand(1, ['TEA', 2]);
    cancel(driver, order);
    place(driver, order);
    place(driver, order);
    expect(driver.outputs(inventoryEvents)).toMatchObject([
      { type: 'InventoryReleased', data: { lines: [] } },
      { type: 'InventoryReservationFailed', data: { reason: 'ORDER_CLOSED' } },
    ]);
    expect(driver.store('stock')).toMatchObject({ TEA: { reserved: 0 } });
  });

  it('forgets closed orders after the horizon', () => {
    const driver = shop();
    const order = demand(1, ['TEA', 2]);
    place(driver, order);
    const failed = { type: 'OrderFailed' as const, data: { ...order, reason: 'INSUFFICIENT_FUNDS' as const } };
    driver.pipeAt(driver.now - 7 * DAY_MS + 30_000, orderEvents, order.orderId, failed);
    driver.advance(20_000);
    expect(driver.store('reservations')).not.toEqual({});
    driver.advance(HOUR_MS);
    expect(driver.store('reservations')).toEqual({});
    expect(closings(driver)).toEqual([]);
  });

  it('remembers what was closed after an outage for as long as anything else, though its event is old', () => {
    const driver = shop();
    driver.advance(20_000);
    const order = demand(1, ['TEA', 2]);
    const failed = { type: 'OrderFailed' as const, data: { ...order, reason: 'INSUFFICIENT_FUNDS' as const } };
    driver.pipeAt(driver.now - 8 * DAY_MS, orderEvents, order.orderId, failed);
    driver.advance(HOUR_MS);
    place(driver, order);
    expect(types(driver)).toEqual(['InventoryReleased', 'InventoryReservationFailed']);
  });
});

describe.each(everyWay)('payment, %s', (_name, options) => {
  const bank = (balance: number) => {
    const driver = testDriver(payment, options);
    driver.pipe(accountEvents, 'alice', {
      type: 'AccountOpened',
      data: { accountId: 'alice', name: 'Alice', email: null },
    });
    driver.pipe(accountEvents, 'alice', { type: 'FundsDeposited', data: { accountId: 'alice', amount: eur(balance) } });
    return driver;
  };
  const reserved = (driver: TestDriver, order: OrderDemand) =>
    driver.pipe(inventoryEvents, order.orderId, { type: 'InventoryReserved', data: order });
  const seen = (driver: TestDriver) =>
    driver
      .outputs(paymentEvents)
      .map(({ type, data }) => [type, data.amount.amount, 'reason' in data ? data.reason : undefined]);

  it('captures the total once', () => {
    const driver = bank(500);
    reserved(driver, demand(1, ['TEA', 2]));
    reserved(driver, demand(1, ['TEA', 2]));
    expect(seen(driver)).toEqual([['PaymentCaptured', 200, undefined]]);
    expect(driver.store('accounts')).toMatchObject({ alice: { balances: { EUR: 300 } } });
  });

  it('declines what the account does not hold, and never goes below zero', () => {
    const driver = bank(300);
    reserved(driver, demand(1, ['TEA', 2]));
    reserved(driver, demand(2, ['TEA', 2]));
    expect(seen(driver)).toEqual([
      ['PaymentCaptured', 200, undefined],
      ['PaymentDeclined', 200, 'INSUFFICIENT_FUNDS'],
    ]);
  });

  it('declines for a frozen and for an unknown account', () => {
    const frozen = bank(500);
    frozen.pipe(accountEvents, 'alice', { type: 'AccountFrozen', data: { accountId: 'alice', reason: 'review' } });
    reserved(frozen, demand(1, ['TEA', 1]));
    expect(seen(frozen)).toEqual([['PaymentDeclined', 100, 'ACCOUNT_FROZEN']]);
    const nobody = testDriver(payment, options);
    reserved(nobody, demand(1, ['TEA', 1]));
    expect(seen(nobody)).toEqual([['PaymentDeclined', 100, 'ACCOUNT_UNKNOWN']]);
  });

  it('parks a deposit that no balance can hold exactly, and goes on with what there was', () => {
    const driver = bank(500);
    const amount = eur(Number.MAX_SAFE_INTEGER);
    driver.pipe(accountEvents, 'alice', { type: 'FundsDeposited', data: { accountId: 'alice', amount } });
    reserved(driver, demand(1, ['TEA', 2]));
    expect(driver.deadLetters().map(({ headers }) => headers['dlq-code'])).toEqual(['AMOUNT_OUT_OF_RANGE']);
    expect(seen(driver)).toEqual([['PaymentCaptured', 200, undefined]]);
    expect(driver.store('accounts')).toMatchObject({ alice: { balances: { EUR: 300 } } });
  });

  it('refunds what was captured once, and answers an undo of nothing with 0', () => {
    const driver = bank(500);
    reserved(driver, demand(1, ['TEA', 2]));
    cancel(driver, demand(1, ['TEA', 2]));
    cancel(driver, demand(1, ['TEA', 2]));
    failOrder(driver, demand(2, ['TEA', 1]));
    reserved(driver, demand(2, ['TEA', 1]));
    expect(seen(driver)).toEqual([
      ['PaymentCaptured', 200, undefined],
      ['PaymentRefunded', 200, undefined],
      ['PaymentRefunded', 0, undefined],
      ['PaymentDeclined', 100, 'ORDER_CLOSED'],
    ]);
    expect(driver.store('accounts')).toMatchObject({ alice: { balances: { EUR: 500 } } });
  });
});

describe.each(everyWay)('the order saga, %s', (_name, options) => {
  const order = demand(1, ['TEA', 2]);
  const id = order.orderId;
  const commands = (driver: TestDriver) =>
    driver.outputs(orderCommands).map(({ type, data }) => ('reason' in data ? [type, data.reason] : [type]));
  const captured = { type: 'PaymentCaptured' as const, data: { orderId: id, customerId: 'alice', amount: eur(200) } };
  const started = () => {
    const driver = testDriver(orderSaga(60_000), options);
    place(driver, order);
    return driver;
  };

  it('marks, then confirms', () => {
    const driver = started();
    driver.pipe(inventoryEvents, id, { type: 'InventoryReserved', data: order });
    driver.pipe(paymentEvents, id, captured);
    driver.pipe(orderEvents, id, { type: 'OrderConfirmed', data: { orderId: id, customerId: 'alice' } });
    expect(driver.store('deadlines')).toEqual({});
    driver.advance(600_000);
    expect(commands(driver)).toEqual([['MarkOrderStockReserved'], ['ConfirmOrder']]);
  });

  it('notes an order once, however many steps it waits for', () => {
    const driver = started();
    const noted = driver.store('deadlines');
    driver.advance(55_000);
    driver.pipe(inventoryEvents, id, { type: 'InventoryReserved', data: order });
    expect([Object.values(noted), driver.store('deadlines')]).toEqual([[id], noted]);
  });

  it('does not need OrderCreated first', () => {
    const driver = testDriver(orderSaga(60_000), options);
    driver.pipe(inventoryEvents, id, { type: 'InventoryReserved', data: order });
    place(driver, order);
    driver.pipe(paymentEvents, id, captured);
    expect(commands(driver)).toEqual([['MarkOrderStockReserved'], ['ConfirmOrder']]);
  });

  it('fails the order when payment is declined', () => {
    const driver = started();
    driver.pipe(inventoryEvents, id, { type: 'InventoryReserved', data: order });
    driver.pipe(paymentEvents, id, {
      type: 'PaymentDeclined',
      data: { ...captured.data, reason: 'INSUFFICIENT_FUNDS' },
    });
    expect(commands(driver)).toEqual([['MarkOrderStockReserved'], ['FailOrder', 'INSUFFICIENT_FUNDS']]);
  });

  it('completes a cancellation when both stock and money are back, in any order', () => {
    for (const refundFirst of [true, false]) {
      const driver = started();
      const refunded = () => driver.pipe(paymentEvents, id, { type: 'PaymentRefunded', data: captured.data });
      const released = () =>
        driver.pipe(inventoryEvents, id, { type: 'InventoryReleased', data: { orderId: id, lines: [] } });
      if (refundFirst) refunded();
      cancel(driver, order);
      released();
      if (!refundFirst) refunded();
      expect(commands(driver)).toEqual([['CompleteOrderCancellation']]);
    }
  });

  it('times each step out once, counting from that step', () => {
    const driver = started();
    driver.advance(55_000);
    driver.pipe(inventoryEvents, id, { type: 'InventoryReserved', data: order });
    driver.advance(55_000);
    expect(commands(driver)).toEqual([['MarkOrderStockReserved']]);
    driver.advance(10_000);
    driver.pipe(paymentEvents, id, captured);
    expect(commands(driver)).toEqual([['MarkOrderStockReserved'], ['FailOrder', 'PAYMENT_TIMEOUT']]);
    driver.advance(600_000);
    expect(commands(driver)).toHaveLength(2);
  });

  it('keeps a cancellation under way, however long ago the order was confirmed', () => {
    const driver = started();
    const confirmed = { type: 'OrderConfirmed' as const, data: { orderId: id, customerId: 'alice' } };
    driver.pipeAt(driver.now - DAY_MS, orderEvents, id, confirmed);
    cancel(driver, order);
    driver.pipe(inventoryEvents, id, { type: 'InventoryReleased', data: { orderId: id, lines: [] } });
    driver.advance(HOUR_MS);
    driver.pipe(paymentEvents, id, { type: 'PaymentRefunded', data: captured.data });
    expect(commands(driver)).toEqual([['CompleteOrderCancellation']]);
  });

  it('forgets finished orders as fast as they come', () => {
    const driver = testDriver(orderSaga(60_000), options);
    const confirmedAt = driver.now - DAY_MS;
    for (let n = 1; n <= FINISHED; n++) {
      const event = { type: 'OrderConfirmed' as const, data: { orderId: orderId(n), customerId: 'alice' } };
      driver.pipeAt(confirmedAt, orderEvents, orderId(n), event);
    }
    driver.advance(60_000);
    expect([driver.store('sagas'), closings(driver)]).toEqual([{}, []]);
  });

  it('times out an order nobody answers', () => {
    const driver = started();
    driver.advance(65_000);
    expect(commands(driver)).toEqual([['FailOrder', 'RESERVATION_TIMEOUT']]);
    expect(driver.events(orderCommands)[0]?.causationid).toBe(`deadline:reserving:${id}`);
  });
});
