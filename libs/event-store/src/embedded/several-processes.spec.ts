import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { all, follow, ids, newEvents } from '../contract/fixture.js';
import { openEmbeddedEventStore } from './embedded-event-store.js';
import { startProcess } from './processes/start.js';

const APPENDS = 100;

describe('several processes with one store', () => {
  let path = '';
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'event-store-processes-'));
  });
  afterEach(() => rm(path, { recursive: true }));

  it('make it once when they open it at the same time, and compete fairly for one stream', async () => {
    const processes = [1, 2, 3].map(() => startProcess('compete.ts', path, 'order-1', String(APPENDS)));
    for (const { ended } of processes) expect(await ended).toEqual({ code: 0, complaint: '' });
    const store = await openEmbeddedEventStore({ path });
    expect(new Set(processes.map(({ printed }) => printed()))).toEqual(new Set([await store.identity()]));
    const events = await all(store.readStream('order-1'));
    expect(events.map(({ revision }) => revision)).toEqual(Array.from({ length: 3 * APPENDS }, (_, at) => at));
    const pids = events.map(({ data }) => (data as { pid: number }).pid);
    const own = [...new Set(pids)].map((pid) => pids.filter((one) => one === pid).length);
    expect(own).toEqual([APPENDS, APPENDS, APPENDS]);
    await store.close();
  }, 60_000);

  it('see each other’s events live, in one order', async () => {
    const store = await openEmbeddedEventStore({ path, pollIntervalMs: 10 });
    const other = startProcess('compete.ts', path, 'theirs-1', String(APPENDS));
    let seen = 0;
    const following = follow(store, {}, (message) => {
      if (message.kind === 'event' && message.event.type !== 'SystemIdentityAssigned') seen += 1;
      return seen === 2 * APPENDS;
    });
    for (let index = 0; index < APPENDS; index += 1) await store.append('ours-1', newEvents(1), 'any');
    const messages = await following;
    expect(await other.ended).toEqual({ code: 0, complaint: '' });
    const delivered = messages.flatMap((message) => (message.kind === 'event' ? [message.event] : []));
    const recorded = await all(store.readAll({ limit: delivered.length }));
    expect(ids(delivered)).toEqual(ids(recorded));
    expect(delivered.filter(({ stream }) => stream === 'theirs-1')).toHaveLength(APPENDS);
    await store.close();
  }, 60_000);
});
