import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type RunningMongo, startMongo } from '@order-flow/servers';
import { type Counter, increment } from './contract-process.js';
import { openMongoReadStore } from './mongo-read-store.js';
import type { Documents, ReadStore } from './port.js';

const SHORT_MS = 500;
/** Of what waits for SHORT_MS, on a machine under load. */
const BOUND_MS = 15_000;

const until = async (condition: () => Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + 30_000; !(await condition());) {
    if (Date.now() > deadline) throw new Error('not within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe('a MongoDB emulator that fails', () => {
  let mongo: RunningMongo;
  let store: ReadStore;
  let counters: Documents<Counter>;
  beforeEach(async () => {
    mongo = await startMongo();
    store = await openMongoReadStore({ url: mongo.url });
    counters = store.collection<Counter>('counters');
    await counters.insertOne({ _id: 'counter', revision: 0, count: 0 });
  });
  afterEach(async () => {
    await store.close();
    await mongo.down();
  });

  const counted = async (): Promise<number> => (await counters.findOne({ _id: 'counter' }))?.count ?? -1;

  /** As projections do it: what failed is begun again from what the store has. */
  async function incrementAnyway(to: Documents<Counter>, times: number, failures: unknown[]): Promise<void> {
    for (let target = (await counted()) + times; ;) {
      const counter = await to.findOne({ _id: 'counter' }).catch((error: unknown) => void failures.push(error));
      if (counter && counter.count >= target) return;
      if (!counter) continue;
      const next = { revision: counter.revision + 1, count: counter.count + 1 };
      await to
        .replaceOne({ _id: 'counter', revision: counter.revision }, next)
        .catch((error: unknown) => void failures.push(error));
    }
  }

  it('by hanging for a while: writers wait for it, and nothing is lost or doubled', async () => {
    const writing = Promise.all(Array.from({ length: 4 }, () => increment(counters, 100)));
    await until(async () => (await counted()) > 40);
    await mongo.pause();
    const asking = openMongoReadStore({ url: mongo.url, findMs: SHORT_MS, answerMs: SHORT_MS });
    await expect(asking).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await mongo.resume();
    await writing;
    expect(await counters.findOne({ _id: 'counter' })).toEqual({ _id: 'counter', revision: 400, count: 400 });
  });

  it('by hanging for longer than an answer is waited for: that fails in bounded time, and is done once in the end', async () => {
    const impatient = await openMongoReadStore({ url: mongo.url, findMs: SHORT_MS, answerMs: SHORT_MS });
    try {
      const failures: unknown[] = [];
      const writing = incrementAnyway(impatient.collection<Counter>('counters'), 200, failures);
      await until(async () => (await counted()) > 20);
      await mongo.pause();
      const startedAt = Date.now();
      await expect(impatient.ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await until(async () => failures.length > 0);
      expect(Date.now() - startedAt).toBeLessThan(BOUND_MS);
      await mongo.resume();
      await writing;
      expect(await counters.findOne({ _id: 'counter' })).toEqual({ _id: 'counter', revision: 200, count: 200 });
    } finally {
      await impatient.close();
    }
  });

  it('by being away: that is told in bounded time, and an emptied one in its place is another store', async () => {
    const impatient = await openMongoReadStore({ url: mongo.url, findMs: SHORT_MS });
    const before = await impatient.identity();
    expect(await store.identity()).toBe(before);
    await mongo.down();
    const startedAt = Date.now();
    await expect(impatient.ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(impatient.identity()).rejects.toThrow(`MongoDB at 127.0.0.1:${mongo.port} cannot be used`);
    expect(Date.now() - startedAt).toBeLessThan(BOUND_MS);
    mongo = await startMongo({ port: mongo.port });
    const after = await store.identity();
    expect(after).not.toBe(before);
    expect(await impatient.identity()).toBe(after);
    await impatient.close();
    expect(await counted()).toBe(-1);
  });

  it('by not knowing the credentials it is given: that is told without them', async () => {
    const url = mongo.url.replace('//', '//somebody:not-to-be-told@');
    const error: unknown = await openMongoReadStore({ url }).catch((reason: unknown) => reason);
    expect((error as Error).message).toMatch(/^MongoDB at 127\.0\.0\.1:\d+ [^\n]+MONGO_URL$/);
    expect((error as Error).message).not.toContain('not-to-be-told');
  });
});
