import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { OrderView, ReadModelDocument } from '@order-flow/contracts';
import { openReadStore } from '@order-flow/read-store';
import { type RunningMongo, startMongo } from '@order-flow/servers';
import { MongoError } from 'mongodb';
import { type OrderLog, orderLog } from './testing/order-log.js';
import { serving } from './testing/serving.js';
import { until } from './testing/until.js';

const PATIENCE_MS = 60_000;

let mongo: RunningMongo;
let orders: OrderLog;
let stop: () => Promise<void>;

beforeEach(async () => {
  mongo = await startMongo();
  const readStore = await openReadStore({ MONGO_URL: mongo.url }, '');
  orders = await orderLog({ readStore });
  stop = serving(orders);
  await orders.write(0, 200);
  await until(async () => (await wholeOrAway()) === 200, PATIENCE_MS);
});
afterEach(async () => {
  await stop();
  await orders.stop();
  await mongo.down();
});

/** How many orders are there with all that happened to them; fails when one is there with less than its beginning. */
async function whole(): Promise<number> {
  const documents = await orders.documents('orders__1');
  const histories = (documents as (ReadModelDocument & OrderView)[]).map(({ history }) =>
    history.map(({ status }) => status).join(),
  );
  expect(histories.filter((history) => !history.startsWith('PENDING'))).toEqual([]);
  return histories.filter((history) => history === 'PENDING,CONFIRMED').length;
}

/** The same while the server may be away. */
const wholeOrAway = (): Promise<number> =>
  whole().catch((error: unknown) => {
    if (error instanceof MongoError) return -1;
    throw error;
  });

/** An emulator that is started again holds nothing. */
async function emptied(): Promise<void> {
  const { port } = mongo;
  await mongo.down();
  mongo = await startMongo({ port });
}

describe('read models in a MongoDB emulator that was emptied', () => {
  it('are folded again from the beginning, though nothing new happens', async () => {
    await emptied();
    await until(async () => (await wholeOrAway()) === 200, PATIENCE_MS);
    const [index] = (await orders.readStore.collection('orders__1').indexes()).slice(1);
    expect(index).toMatchObject({ key: { placedAt: -1, _id: 1 } });
  });

  it('are never half, while orders go on', async () => {
    let next = 200;
    const buying = new AbortController();
    const bought = (async () => {
      for (; !buying.signal.aborted; next += 5) {
        await orders.write(next, next + 5);
        await new Promise(setImmediate);
      }
    })();
    await emptied();
    await until(async () => (await wholeOrAway()) > 200, PATIENCE_MS);
    buying.abort();
    await bought;
    await until(async () => (await wholeOrAway()) === next, PATIENCE_MS);
  });

  it('go on where they are when it only hangs', async () => {
    await mongo.pause();
    await orders.write(200, 260);
    await mongo.resume();
    await until(async () => (await wholeOrAway()) === 260, PATIENCE_MS);
    expect((await orders.documents('orders__1')).every(({ revision }) => revision <= 2)).toBe(true);
  });
});
