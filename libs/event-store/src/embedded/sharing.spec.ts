import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { all, newEvent, newEvents } from '../contract/fixture.js';
import type { Position } from '../port.js';
import { openEmbeddedEventStore } from './embedded-event-store.js';

describe('the uses of one store within a process', () => {
  let path = '';
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'event-store-sharing-'));
  });
  afterEach(() => rm(path, { recursive: true }));
  const closed = { name: 'EventStoreError', code: 'STORE_UNAVAILABLE' };

  it('outlive each other', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => openEmbeddedEventStore({ path })));
    await one!.append('order-1', newEvents(1), 'no-stream');
    await one!.close();
    expect(await two!.append('order-1', newEvents(1), 0)).toMatchObject({ revision: 1 });
    await two!.close();
    const three = await openEmbeddedEventStore({ path });
    expect(await all(three.readStream('order-1'))).toHaveLength(2);
    await three.close();
  });

  it('may be opened while the last one is being closed', async () => {
    const one = await openEmbeddedEventStore({ path });
    const appending = one.append('order-1', newEvents(1), 'no-stream');
    const closing = one.close();
    const two = await openEmbeddedEventStore({ path });
    expect(await appending).toMatchObject({ revision: 0 });
    expect(await all(two.readStream('order-1'))).toHaveLength(1);
    await closing;
    await two.close();
  });

  it('close after the appends under way, and refuse what comes later', async () => {
    const store = await openEmbeddedEventStore({ path });
    const appends = Array.from({ length: 50 }, (_, at) => store.append(`order-${at}`, newEvents(2), 'no-stream'));
    const reading = store.readAll()[Symbol.asyncIterator]();
    await store.close();
    expect((await Promise.all(appends)).every(({ revision }) => revision === 1)).toBe(true);
    await expect(store.append('order-1', newEvents(1), 'any')).rejects.toMatchObject(closed);
    await expect(store.deleteStream('order-1', 'any')).rejects.toMatchObject(closed);
    await expect(all(store.readStream('order-1'))).rejects.toMatchObject(closed);
    await expect(reading.next()).rejects.toMatchObject(closed);
    await expect(store.lastPosition()).rejects.toMatchObject(closed);
    await store.close();
  });

  it('fail a waiting subscription when they close, for only its signal ends it', async () => {
    const store = await openEmbeddedEventStore({ path });
    const { signal } = new AbortController();
    const messages = store.subscribeAll({ signal })[Symbol.asyncIterator]();
    expect((await messages.next()).value).toEqual({ kind: 'caught-up' });
    const waiting = messages.next();
    const outcome = expect(waiting).rejects.toMatchObject(closed);
    await store.close();
    await outcome;
  });

  it('refuse arguments that no store could make sense of', async () => {
    const store = await openEmbeddedEventStore({ path });
    for (const name of ['', '$all', 'x'.repeat(1_001)]) {
      await expect(store.append(name, [newEvent()], 'any')).rejects.toThrow(RangeError);
    }
    await expect(store.append('order-1', [{ ...newEvent(), id: 'e1' }], 'any')).rejects.toThrow(/not a UUID/);
    await expect(store.append('order-1', [newEvent()], -1)).rejects.toThrow(RangeError);
    await expect(store.setStreamMetadata('order-1', { $maxCount: 0 })).rejects.toThrow(/\$maxCount/);
    await expect(all(store.readAll({ after: 'elsewhere' as Position }))).rejects.toThrow(RangeError);
    expect(() => store.readStream('order-1', { limit: -1 })).toThrow(/limit/);
    await store.close();
  });

  it('say why when a directory cannot be made', async () => {
    const file = join(path, 'file');
    await writeFile(file, '');
    await expect(openEmbeddedEventStore({ path: join(file, 'store') })).rejects.toMatchObject(closed);
  });
});
