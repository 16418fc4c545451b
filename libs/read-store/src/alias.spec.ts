import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { ALIAS_CACHE_MS, readModelAliases, readModelResolver } from './alias.js';
import { openEmbeddedReadStore } from './embedded-read-store.js';
import type { ReadStore } from './port.js';

const HOUR = 3_600_000;

let path: string;
let store: ReadStore;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'alias-'));
  store = await openEmbeddedReadStore({ path });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await store.close();
  await rm(path, { recursive: true });
});

it.each([HOUR, -HOUR])(
  'a read model is found where it was moved to, also when the time of day jumps by %i ms',
  async (jump) => {
    let passed = 1_000_000;
    jest.spyOn(performance, 'now').mockImplementation(() => passed);
    const collectionFor = readModelResolver(store);
    expect(await collectionFor('orders')).toBe('orders__1');
    const moved = { collection: 'orders__2', previous: 'orders__1', generation: 2 };
    await readModelAliases(store).updateOne({ _id: 'orders' }, { $set: moved }, { upsert: true });
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + jump);
    passed += ALIAS_CACHE_MS - 1;
    expect(await collectionFor('orders')).toBe('orders__1');
    passed += 1;
    expect(await collectionFor('orders')).toBe('orders__2');
  },
);
