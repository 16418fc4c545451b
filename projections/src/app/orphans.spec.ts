import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inProcessSignalBus } from '@order-flow/coordination';
import { readModelAliases } from '@order-flow/read-store';
import { Identity, silentLogger } from '@order-flow/service-kit';
import { startProjections } from '../start-projections.js';
import { type OrderLog, orderLog } from '../testing/order-log.js';
import { until } from '../testing/until.js';
import { dryRun, rebuild } from './rebuild.js';
import { takeLease } from './rebuild-lease.js';

let orders: OrderLog;
beforeEach(async () => {
  orders = await orderLog();
});
afterEach(() => orders.stop());

/** What there is of the orders, and where its checkpoints stand. */
async function remains(): Promise<readonly string[]> {
  const { readStore } = orders;
  const checkpoints = await readStore.collection<{ collection: string }>('projection_checkpoints').find({}).toArray();
  const names = [...(await readStore.collections()), ...checkpoints.map(({ collection }) => collection)];
  return [...new Set(names)].filter((name) => name.startsWith('orders__')).sort();
}

/** As a rebuild leaves it that is killed after it gave up the previous collection, and one of a dry run beside it. */
async function killed(): Promise<void> {
  await orders.write(0, 20);
  await rebuild(orders.rebuildOptions);
  for (const collection of ['orders__1', 'orders__dry_run']) {
    const readStore = orders.readStore.collection<{ _id: string }>(collection);
    await readStore.insertOne({ _id: 'left' });
    const checkpoint = { collection, store: 'of old', identity: await orders.log.identity(), offset: 0 };
    await orders.readStore.collection('projection_checkpoints').insertOne(checkpoint);
  }
  await readModelAliases(orders.readStore).updateOne({ _id: 'orders' }, { $set: { previous: null } });
  expect(await remains()).toEqual(['orders__1', 'orders__2', 'orders__dry_run']);
}

describe('what a rebuild left that was killed', () => {
  it('is removed by the next, with its checkpoints', async () => {
    await killed();
    await rebuild(orders.rebuildOptions);
    expect(await remains()).toEqual(['orders__2', 'orders__3']);
  });

  it('is removed by the next dry run, which begins anew', async () => {
    await killed();
    expect(await dryRun(orders.rebuildOptions)).toMatchObject({ same: 20, onlyNew: 0 });
    expect(await remains()).toEqual(['orders__2']);
  });

  it('stays where it can be gone on with: the next one, although nothing serves from it yet', async () => {
    await killed();
    await orders.readStore.collection<{ _id: string }>('orders__3').insertOne({ _id: 'begun' });
    await dryRun(orders.rebuildOptions);
    expect(await remains()).toEqual(['orders__2', 'orders__3']);
  });

  it('is removed when the projections start, unless a rebuild runs: its own could be among it', async () => {
    await killed();
    const { log, readStore } = orders;
    const options = { log, readStore, signals: inProcessSignalBus(), identity: await Identity.ephemeral() };
    const start = () => startProjections({ ...options, logger: silentLogger(), host: '127.0.0.1', port: 0 });
    const lease = await takeLease(readStore, 'orders');
    const beside = await start();
    await beside.stop();
    expect(await remains()).toEqual(['orders__1', 'orders__2', 'orders__dry_run']);
    await lease.release();
    const alone = await start();
    await until(async () => (await remains()).length === 1);
    await alone.stop();
    expect(await remains()).toEqual(['orders__2']);
  });
});
