import { afterEach, beforeEach, it } from '@jest/globals';
import type { ReadStore } from '@order-flow/read-store';
import { Readiness, silentLogger } from '@order-flow/service-kit';
import { overriding } from '@order-flow/service-kit/testing';
import { type OrderLog, orderLog, ordersProjection } from '../testing/order-log.js';
import { until } from '../testing/until.js';
import { followAlias } from './follow-alias.js';

let orders: OrderLog;
beforeEach(async () => {
  orders = await orderLog();
});
afterEach(() => orders.stop());

it('a read model is followed on when its read store was away for a while, and folded anew when it came back emptied', async () => {
  let away = true;
  let identity = 'before';
  const readStore = overriding<ReadStore>(orders.readStore, {
    collection: (name) => {
      if (away) throw new Error('the read store is away');
      return orders.readStore.collection(name);
    },
    identity: async () => identity,
  });
  const controller = new AbortController();
  const { log } = orders;
  const logger = silentLogger();
  const options = { projection: ordersProjection, log, readStore, logger, readiness: new Readiness() };
  const following = followAlias({ ...options, changed: () => undefined, folded: () => undefined }, controller.signal);
  try {
    await orders.write(0, 10);
    away = false;
    const folded = async () => (await orders.documents('orders__1')).length;
    await until(async () => (await folded()) === 10);
    const { statuses } = following;
    await until(async () => (await statuses()).every(({ state }) => state === 'CAUGHT_UP'));
    await orders.readStore.collection('orders__1').drop();
    identity = 'after';
    await until(async () => (await folded()) === 10);
  } finally {
    controller.abort();
    await following.done;
  }
});
