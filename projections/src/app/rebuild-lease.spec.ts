import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { openEmbeddedReadStore, type ReadStore } from '@order-flow/read-store';
import { takeLease } from './rebuild-lease.js';

const HOUR = 3_600_000;

let path: string;
let store: ReadStore;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'rebuild-lease-'));
  store = await openEmbeddedReadStore({ path });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await store.close();
  await rm(path, { recursive: true });
});

it('of a rebuild that died is over although the clock was set back since', async () => {
  const now = Date.now();
  const ofTheDead = { _id: 'orders', owner: 'dead', expiresAt: now + 10_000 };
  await store.collection<typeof ofTheDead>('projection_leases').insertOne(ofTheDead);
  await expect(takeLease(store, 'orders')).rejects.toMatchObject({ code: 'REBUILD_RUNNING' });
  jest.spyOn(Date, 'now').mockReturnValue(now - HOUR);
  const lease = await takeLease(store, 'orders');
  await expect(takeLease(store, 'orders')).rejects.toMatchObject({ code: 'REBUILD_RUNNING' });
  await lease.release();
});
