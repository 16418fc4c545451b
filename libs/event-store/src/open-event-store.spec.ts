import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventStore } from './open-event-store.js';

describe('the event store of an environment', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'open-event-store-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is embedded in the directory when there is no URL', async () => {
    const path = join(directory, 'events');
    const store = await openEventStore({}, path);
    const identity = await store.identity();
    await store.close();
    const again = await openEventStore({ EVENT_STORE_URL: undefined }, path);
    expect(await again.identity()).toBe(identity);
    await again.close();
  });

  it('is the one at the URL, and the directory is left alone', async () => {
    const opening = openEventStore({ EVENT_STORE_URL: 'esdb://127.0.0.1:1?colour=red' }, join(directory, 'events'));
    await expect(opening).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    expect(await readdir(directory)).toEqual([]);
  });
});
