import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { orderEvents } from '@order-flow/contracts';
import { firstRevision, readModelAliases, type ReadStore } from '@order-flow/read-store';
import { createLogger, Readiness, silentLogger } from '@order-flow/service-kit';
import { overriding } from '@order-flow/service-kit/testing';
import { type OrderLog, orderLog, ordersProjection } from '../testing/order-log.js';
import { until } from '../testing/until.js';
import { Checkpoints } from './checkpoints.js';
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

it('a previous collection that cannot go on keeps nobody from being ready, until it serves again', async () => {
  const { log, readStore } = orders;
  const aliases = readModelAliases(readStore);
  await aliases.insertOne({ _id: 'orders', collection: 'orders__2', previous: 'orders__1', generation: 2 });
  const beyond = { topic: orderEvents.name, partition: 0, offset: 1_000 };
  await new Checkpoints(readStore, log, 'orders__1').save([beyond]);
  let said = '';
  const destination = { write: (line: string) => void (said += line) };
  const logger = createLogger({ level: 'error', format: 'json', destination });
  const readiness = new Readiness();
  const controller = new AbortController();
  const options = { projection: ordersProjection, log, readStore, logger, readiness };
  const following = followAlias({ ...options, changed: () => undefined, folded: () => undefined }, controller.signal);
  try {
    await until(async () => said.includes('orders__1 failed') && readiness.report()['orders__2'] === 'up');
    expect(readiness.report()).toEqual({ orders__2: 'up' });
    const back = { collection: 'orders__1', previous: 'orders__2', generation: 3 };
    await aliases.updateOne({ _id: 'orders' }, { $set: back });
    await until(async () => readiness.report()['orders__1']?.includes('stands at 1000') ?? false);
    expect(Object.keys(readiness.report())).toEqual(['orders__1']);
  } finally {
    controller.abort();
    await following.done;
  }
});

it('after a switch the former collection still sends signals for a while, for what a rebuild folds into the new one', async () => {
  const { log, readStore } = orders;
  const revisions: number[] = [];
  const readiness = new Readiness();
  const controller = new AbortController();
  const options = { projection: ordersProjection, log, readStore, logger: silentLogger(), readiness };
  const following = followAlias(
    {
      ...options,
      changed: (signals) => void revisions.push(...signals.map(({ revision }) => revision)),
      folded: () => undefined,
    },
    controller.signal,
  );
  try {
    await until(async () => readiness.report()['orders__1'] === 'up');
    const switched = { _id: 'orders', collection: 'orders__2', previous: 'orders__1', generation: 2 };
    await readModelAliases(readStore).insertOne(switched);
    await until(async () => readiness.report()['orders__2'] === 'up');
    await orders.write(0, 1);
    const first = firstRevision('orders__2');
    await until(async () => [0, first].every((from) => revisions.includes(from + 2)));
  } finally {
    controller.abort();
    await following.done;
  }
});
