import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openReadStore } from './open-read-store.js';

describe('the read store of an environment', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'open-read-store-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is embedded in the directory when there is no URL', async () => {
    const path = join(directory, 'documents');
    const store = await openReadStore({}, path);
    const identity = await store.identity();
    await store.close();
    const again = await openReadStore({ MONGO_URL: undefined }, path);
    expect(await again.identity()).toBe(identity);
    await again.close();
  });

  it('is the one at the URL, and the directory is left alone', async () => {
    const opening = openReadStore(
      { MONGO_URL: 'mongodb://127.0.0.1:1/orders?colour=red' },
      join(directory, 'documents'),
    );
    await expect(opening).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    expect(await readdir(directory)).toEqual([]);
  });
});
