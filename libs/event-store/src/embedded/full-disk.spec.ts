import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { all, ids, newEvents } from '../contract/fixture.js';
import { openEmbeddedEventStore } from './embedded-event-store.js';
import type { Outcome } from './processes/append-until-full.js';
import { startProcessWithFullDisk } from './processes/start.js';

const BLOCKS = 8_000;

describe('a full disk', () => {
  let path = '';
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'event-store-full-'));
  });
  afterEach(() => rm(path, { recursive: true }));

  it('refuses appends, whole ones, and leaves the process and what was acknowledged alone', async () => {
    const { ended, printed } = startProcessWithFullDisk(BLOCKS, 'append-until-full.ts', path);
    expect((await ended).code).toBe(0);
    const { acknowledged, codes, read } = JSON.parse(printed()) as Outcome;
    expect(new Set(codes)).toEqual(new Set(['STORE_UNAVAILABLE']));
    expect(acknowledged.length).toBeGreaterThan(10);
    const store = await openEmbeddedEventStore({ path });
    const recorded = await all(store.readAll());
    expect(recorded).toHaveLength(read);
    expect(ids(recorded).sort()).toEqual(acknowledged.flatMap((append) => append.ids).sort());
    expect(await store.append('order-after', newEvents(2), 'no-stream')).toMatchObject({ revision: 1 });
    await store.close();
  }, 60_000);
});
