import { describe, expect, it } from '@jest/globals';
import type { Appended, ExpectedRevision } from '../port.js';
import type { EventStoreBackend } from './fixture.js';
import { all, ids, newEvent, newEvents, storeForEachTest } from './fixture.js';

export function appendingContract(backend: EventStoreBackend): void {
  describe('expected revisions', () => {
    const test = storeForEachTest(backend);
    const conflict = (stream: string, expected: ExpectedRevision, actual: number | 'no-stream') => ({
      name: 'EventStoreError',
      code: 'WRONG_EXPECTED_REVISION',
      conflict: { stream, expected, actual },
    });

    it.each<ExpectedRevision>(['any', 'no-stream'])('%s begins a stream at revision 0', async (expected) => {
      const stream = test.stream();
      const appended = await test.store.append(stream, newEvents(2), expected);
      expect(appended).toMatchObject({ revision: 1, idempotent: false });
      expect((await all(test.store.readStream(stream))).map(({ revision }) => revision)).toEqual([0, 1]);
    });

    it.each<ExpectedRevision>(['exists', 0, 7])('%s refuses a stream that is not there', async (expected) => {
      const stream = test.stream();
      const append = test.store.append(stream, [newEvent()], expected);
      await expect(append).rejects.toMatchObject(conflict(stream, expected, 'no-stream'));
      expect(await all(test.store.readStream(stream))).toEqual([]);
    });

    it.each<ExpectedRevision>(['any', 'exists', 2])('%s continues a stream of three', async (expected) => {
      const stream = test.stream();
      await test.store.append(stream, newEvents(3), 'no-stream');
      expect(await test.store.append(stream, newEvents(2), expected)).toMatchObject({ revision: 4 });
    });

    it.each<ExpectedRevision>(['no-stream', 0, 1, 3, 9, Number.MAX_SAFE_INTEGER])(
      '%s refuses a stream of three',
      async (expected) => {
        const stream = test.stream();
        const events = newEvents(3);
        await test.store.append(stream, events, 'no-stream');
        const append = test.store.append(stream, newEvents(2), expected);
        await expect(append).rejects.toMatchObject(conflict(stream, expected, 2));
        expect(ids(await all(test.store.readStream(stream)))).toEqual(ids(events));
      },
    );

    it('checks the expectation of an append without events', async () => {
      const stream = test.stream();
      const { position } = await test.store.append(stream, newEvents(3), 'no-stream');
      expect(await test.store.append(stream, [], 2)).toMatchObject({ revision: 2, position });
      await expect(test.store.append(stream, [], 1)).rejects.toMatchObject(conflict(stream, 1, 2));
    });
  });

  describe('what is appended', () => {
    const test = storeForEachTest(backend);

    it('is read as it was given', async () => {
      const stream = test.stream();
      const event = newEvent(
        { text: 'naïve 🙂 \u0000 "quoted"', list: [1, null, { deep: true }], none: null },
        'Odd Type',
      );
      const given = { ...event, metadata: { ...event.metadata, note: { any: 'thing' } } };
      const before = Date.now();
      const { position } = await test.store.append(stream, [given], 'any');
      const [read] = await all(test.store.readStream(stream));
      expect(read).toEqual({ ...given, stream, revision: 0, position, created: expect.any(Number) });
      expect(Math.abs((read?.created ?? 0) - before)).toBeLessThan(60_000);
    });

    it('is refused as a whole when it is too large', async () => {
      const stream = test.stream();
      const large = newEvent({ text: 'x'.repeat(test.features.tooManyBytes) });
      const append = test.store.append(stream, [newEvent(), large], 'any');
      await expect(append).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE' });
      expect(await all(test.store.readStream(stream))).toEqual([]);
    });

    it('may be nearly as large as the limit', async () => {
      const stream = test.stream();
      const text = 'x'.repeat(test.features.tooManyBytes - 16 * 1024);
      await test.store.append(stream, [newEvent({ text })], 'any');
      expect((await all(test.store.readStream(stream)))[0]?.data).toEqual({ text });
    });

    it('moves the last position', async () => {
      const { position } = await test.store.append(test.stream(), newEvents(2), 'any');
      const last = await test.store.lastPosition();
      if (test.features.exclusive) expect(last).toBe(position);
      expect(last! >= position).toBe(true);
    });
  });

  describe('idempotency', () => {
    const test = storeForEachTest(backend);

    it.each<ExpectedRevision>(['no-stream', 'any', 'exists', 1])(
      'answers a repetition at %s as the first time',
      async (expected) => {
        const stream = test.stream();
        if (expected !== 'no-stream') await test.store.append(stream, newEvents(2), 'no-stream');
        const events = newEvents(3);
        const first = await test.store.append(stream, events, expected);
        const before = await all(test.store.readStream(stream));
        expect(await test.store.append(stream, events, expected)).toEqual({ ...first, idempotent: true });
        expect(await all(test.store.readStream(stream))).toEqual(before);
      },
    );

    it('still knows the events when others have followed', async () => {
      const stream = test.stream();
      const events = newEvents(2);
      const first = await test.store.append(stream, events, 'no-stream');
      await test.store.append(stream, newEvents(5), 1);
      expect(await test.store.append(stream, events, 'no-stream')).toEqual({ ...first, idempotent: true });
    });

    it('refuses an append of which only a part is there', async () => {
      const stream = test.stream();
      const [first, second] = newEvents(2);
      await test.store.append(stream, [first!], 'no-stream');
      const append = test.store.append(stream, [first!, second!], 'no-stream');
      await expect(append).rejects.toMatchObject({ code: 'WRONG_EXPECTED_REVISION' });
      expect(await all(test.store.readStream(stream))).toHaveLength(1);
    });

    it('takes the same ids in another stream for other events', async () => {
      const events = newEvents(2);
      await test.store.append(test.stream(), events, 'any');
      expect(await test.store.append(test.stream(), events, 'any')).toMatchObject({ idempotent: false, revision: 1 });
    });

    it('writes once what is appended twice at the same time', async () => {
      const stream = test.stream();
      const events = newEvents(2);
      const answers = await Promise.all([1, 2].map(() => test.store.append(stream, events, 'no-stream')));
      expect(answers.map(({ revision }) => revision)).toEqual([1, 1]);
      expect(answers.filter(({ idempotent }) => idempotent)).toHaveLength(1);
      expect(await all(test.store.readStream(stream))).toHaveLength(2);
    });
  });

  describe('concurrent writers', () => {
    const test = storeForEachTest(backend);

    it('of one stream: exactly one wins each revision', async () => {
      const stream = test.stream();
      for (let revision = 0; revision < 5; revision += 1) {
        const expected = revision === 0 ? 'no-stream' : revision - 1;
        const attempts = Array.from({ length: 20 }, () => test.store.append(stream, [newEvent()], expected));
        const outcomes = await Promise.allSettled(attempts);
        const won = outcomes.filter(({ status }) => status === 'fulfilled');
        const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
        expect(won).toHaveLength(1);
        expect(lost).toHaveLength(19);
        for (const reason of lost) expect(reason).toMatchObject({ code: 'WRONG_EXPECTED_REVISION' });
      }
      expect((await all(test.store.readStream(stream))).map(({ revision }) => revision)).toEqual([0, 1, 2, 3, 4]);
    });

    it('of many streams: all are written, and each append lies together', async () => {
      const streams = Array.from({ length: 30 }, () => test.stream());
      const write = async (stream: string): Promise<Appended> => {
        await test.store.append(stream, newEvents(3), 'no-stream');
        return test.store.append(stream, newEvents(2), 2);
      };
      const answers = await Promise.all(streams.map(write));
      expect(answers.every(({ revision }) => revision === 4)).toBe(true);
      const events = await all(test.store.readAll({ filter: test.mine }));
      expect(events).toHaveLength(150);
      for (const stream of streams) {
        const own = events.filter((event) => event.stream === stream);
        expect(own.map(({ revision }) => revision)).toEqual([0, 1, 2, 3, 4]);
        const from = events.indexOf(own[0]!);
        expect(events.slice(from, from + 3)).toEqual(own.slice(0, 3));
      }
    });
  });
}
