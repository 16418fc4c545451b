import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Collection, MongoClient } from 'mongodb';
import { oneProcessServer } from '../one-process/one-process-server.js';
import { mongodb } from './mongodb.js';
import { type RunningMongo, startMongo } from './start-mongo.js';

const state = async ({ stateDir }: RunningMongo) => (await oneProcessServer(mongodb).status(stateDir)).parts[0]?.state;

describe('a MongoDB emulator for a test', () => {
  let mongo: RunningMongo;
  let client: MongoClient;
  let orders: Collection<{ _id: string }>;
  beforeAll(async () => {
    mongo = await startMongo();
    client = new MongoClient(mongo.url, { serverSelectionTimeoutMS: 2_000 });
    orders = client.db().collection('orders');
  });
  afterAll(async () => {
    await client.close();
    await mongo.down();
  });

  it('serves the database of its URL', async () => {
    expect(client.db().databaseName).toBe('order_flow');
    await orders.insertOne({ _id: 'a' });
    expect(await orders.findOne()).toEqual({ _id: 'a' });
    expect(await state(mongo)).toBe('ready');
  });

  it('answers nobody while it is paused, and everybody afterwards', async () => {
    await mongo.pause();
    expect(await state(mongo)).toBe('paused');
    let answered = false;
    const writing = orders.insertOne({ _id: 'b' }).then(() => (answered = true));
    expect(await mongodb.serves(mongo.port)).toBe(false);
    expect(answered).toBe(false);
    await mongo.resume();
    await writing;
    expect(await orders.countDocuments({})).toBe(2);
  });

  it('finds a document by its id among many, whatever else is asked of it', async () => {
    const many = client.db().collection<{ _id: string; revision: number }>('many');
    await many.insertMany(Array.from({ length: 20_000 }, (_, index) => ({ _id: `d${index}`, revision: 1 })));
    const writes = Array.from({ length: 2_000 }, (_, index) => ({
      updateOne: { filter: { _id: `d${index * 10}`, revision: index % 2 }, update: { $set: { revision: 7 } } },
    }));
    const { modifiedCount } = await many.bulkWrite(writes, { ordered: false });
    expect(modifiedCount).toBe(1_000);
    expect(await many.countDocuments({ revision: 7 })).toBe(1_000);
    expect(await many.countDocuments({ _id: { $in: ['d10', 'd20'] }, revision: 7 })).toBe(1);
    expect(await many.countDocuments({ _id: { $gte: 'd9999' }, revision: 1 })).toBe(1);
  }, 30_000);

  it('leaves nothing behind, and another one at its port begins empty', async () => {
    await mongo.down();
    expect(existsSync(mongo.stateDir)).toBe(false);
    const next = await startMongo({ port: mongo.port });
    try {
      expect(next.url).toBe(mongo.url);
      expect(await orders.countDocuments({})).toBe(0);
    } finally {
      await next.down();
    }
  });
});
