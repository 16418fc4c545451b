import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { EventStoreBackend } from './fixture.js';
import { all, ids, newEvent, newEvents, storeForEachTest } from './fixture.js';

export function readingContract(backend: EventStoreBackend): void {
  describe('reading a stream', () => {
    const test = storeForEachTest(backend);
    const streamOf = async (count: number): Promise<string> => {
      const stream = test.stream();
      for (let from = 0; from < count; from += 400) {
        await test.store.append(stream, newEvents(Math.min(400, count - from)), 'any');
      }
      return stream;
    };
    const revisions = async (...read: Parameters<typeof test.store.readStream>): Promise<number[]> =>
      (await all(test.store.readStream(...read))).map(({ revision }) => revision);

    it('gives nothing for a stream that is not there', async () => {
      expect(await revisions(test.stream())).toEqual([]);
      expect(await revisions(test.stream(), { direction: 'backwards' })).toEqual([]);
    });

    it('goes forwards and backwards, from a revision that it includes, up to a limit', async () => {
      const stream = await streamOf(6);
      expect(await revisions(stream)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(await revisions(stream, { direction: 'backwards' })).toEqual([5, 4, 3, 2, 1, 0]);
      expect(await revisions(stream, { from: 2, limit: 3 })).toEqual([2, 3, 4]);
      expect(await revisions(stream, { from: 2, limit: 2, direction: 'backwards' })).toEqual([2, 1]);
      expect(await revisions(stream, { from: 6 })).toEqual([]);
      expect(await revisions(stream, { from: 9, direction: 'backwards', limit: 1 })).toEqual([5]);
      expect(await revisions(stream, { limit: 0 })).toEqual([]);
    });

    it('reads a long stream whole, in order', async () => {
      const stream = await streamOf(1_700);
      const wanted = Array.from({ length: 1_700 }, (_, revision) => revision);
      expect(await revisions(stream)).toEqual(wanted);
      expect(await revisions(stream, { direction: 'backwards' })).toEqual(wanted.reverse());
    });

    it('may be left before its end', async () => {
      const stream = await streamOf(1_200);
      for await (const { revision } of test.store.readStream(stream)) if (revision === 600) break;
      expect(await revisions(stream, { from: 1_199 })).toEqual([1_199]);
    });

    it('keeps streams apart whose names begin alike', async () => {
      const name = randomUUID();
      await test.store.append(test.stream(name), newEvents(2), 'no-stream');
      await test.store.append(test.stream(`${name}0`), newEvents(3), 'no-stream');
      expect(await revisions(test.stream(name))).toEqual([0, 1]);
      expect(await revisions(test.stream(`${name}0`))).toEqual([0, 1, 2]);
    });
  });

  describe('reading everything', () => {
    const test = storeForEachTest(backend);
    const append = async (name: string, count = 1): Promise<string[]> => {
      const events = newEvents(count);
      await test.store.append(test.stream(name), events, 'any');
      return ids(events);
    };

    it('keeps the order of appending, both ways', async () => {
      const written: string[] = [];
      for (let round = 0; round < 20; round += 1) written.push(...(await append(`s${round % 3}`, 1 + (round % 4))));
      const events = await all(test.store.readAll({ filter: test.mine }));
      expect(ids(events)).toEqual(written);
      const positions = events.map(({ position }) => position);
      expect([...positions].sort()).toEqual(positions);
      expect(new Set(positions).size).toBe(positions.length);
      const backwards = await all(test.store.readAll({ filter: test.mine, direction: 'backwards' }));
      expect(backwards).toEqual([...events].reverse());
    });

    it('goes on after a position, or ends before it when going backwards, up to a limit', async () => {
      await append('a', 5);
      const { mine: filter } = test;
      const events = await all(test.store.readAll({ filter }));
      const after = events[2]!.position;
      expect(await all(test.store.readAll({ filter, after }))).toEqual(events.slice(3));
      expect(await all(test.store.readAll({ filter, after, limit: 1 }))).toEqual(events.slice(3, 4));
      const before = await all(test.store.readAll({ filter, after, direction: 'backwards' }));
      expect(before).toEqual(events.slice(0, 2).reverse());
      expect(await all(test.store.readAll({ filter, after: events[4]!.position }))).toEqual([]);
    });

    it('chooses by the prefixes of the streams’ names, any of them', async () => {
      const orders = await append('order-1', 2);
      const carts = await append('cart-1', 2);
      await append('account-1', 2);
      await append('ordering-1', 2);
      const streamPrefixes = [test.stream('order-'), test.stream('cart-')];
      expect(ids(await all(test.store.readAll({ filter: { streamPrefixes } })))).toEqual([...orders, ...carts]);
      const back = await all(test.store.readAll({ filter: { streamPrefixes }, direction: 'backwards', limit: 3 }));
      expect(ids(back)).toEqual([...orders, ...carts].reverse().slice(0, 3));
    });

    it('finds the few among the many', async () => {
      const wanted = await append('few');
      for (let round = 0; round < 16; round += 1) await append('many', 400);
      wanted.push(...(await append('few')));
      const filter = { streamPrefixes: [test.stream('few')] };
      expect(ids(await all(test.store.readAll({ filter })))).toEqual(wanted);
    });

    it('gives everything when no filter is asked for', async () => {
      const after = await test.store.lastPosition();
      const first = await append('one');
      const second = await append('two');
      const read = await all(test.store.readAll(after === undefined ? {} : { after }));
      if (test.features.exclusive) expect(ids(read)).toEqual([...first, ...second]);
      expect(ids(read)).toEqual(expect.arrayContaining([...first, ...second]));
    });
  });

  describe('identity', () => {
    const test = storeForEachTest(backend);

    it('is one UUID, whoever asks and however many at once', async () => {
      const connections = test.reopen ? [test.store, await test.reopen()] : [test.store];
      const answers = await Promise.all([...connections, ...connections].map((store) => store.identity()));
      expect(new Set(answers).size).toBe(1);
      expect(answers[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      const [event] = await all(test.store.readStream('system-identity'));
      expect(event).toMatchObject({ type: 'SystemIdentityAssigned', data: { identity: answers[0] }, revision: 0 });
      for (const store of connections.slice(1)) await store.close();
    });
  });

  describe('a store that is asked whether it answers', () => {
    const test = storeForEachTest(backend);

    it('does while it is open, and writes nothing for it', async () => {
      const before = await test.store.lastPosition();
      await test.store.ping();
      if (test.features.exclusive) expect(await test.store.lastPosition()).toBe(before);
      await test.store.close();
      await expect(test.store.ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });
  });

  describe('opening again', () => {
    const test = storeForEachTest(backend);

    it('finds what was written, and continues it', async () => {
      if (!test.reopen) return;
      const stream = test.stream();
      const event = newEvent();
      await test.store.append(stream, [event], 'no-stream');
      const again = await test.reopen();
      expect(ids(await all(again.readStream(stream)))).toEqual([event.id]);
      expect(await again.append(stream, [newEvent()], 0)).toMatchObject({ revision: 1 });
      await again.close();
      expect(await all(test.store.readStream(stream))).toHaveLength(2);
    });
  });
}
