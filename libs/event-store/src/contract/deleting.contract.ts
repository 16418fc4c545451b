import { describe, expect, it } from '@jest/globals';
import type { ExpectedRevision } from '../port.js';
import type { EventStoreBackend } from './fixture.js';
import { all, ids, newEvent, newEvents, storeForEachTest } from './fixture.js';

export function deletingContract(backend: EventStoreBackend): void {
  describe('stream metadata', () => {
    const test = storeForEachTest(backend);
    const revisions = async (stream: string): Promise<number[]> =>
      (await all(test.store.readStream(stream))).map(({ revision }) => revision);
    const streamOfFive = async (): Promise<string> => {
      const stream = test.stream();
      await test.store.append(stream, newEvents(5), 'no-stream');
      return stream;
    };

    it('is empty until set, and replaced as a whole', async () => {
      const stream = test.stream();
      expect(await test.store.streamMetadata(stream)).toEqual({});
      await test.store.setStreamMetadata(stream, { $maxCount: 3, $maxAge: 60 });
      expect(await test.store.streamMetadata(stream)).toEqual({ $maxCount: 3, $maxAge: 60 });
      await test.store.setStreamMetadata(stream, { $tb: 1 });
      expect(await test.store.streamMetadata(stream)).toEqual({ $tb: 1 });
    });

    it('may be set before the first event, which is still the first', async () => {
      const stream = test.stream();
      await test.store.setStreamMetadata(stream, { $maxCount: 1 });
      expect(await revisions(stream)).toEqual([]);
      expect(await test.store.append(stream, newEvents(2), 'no-stream')).toMatchObject({ revision: 1 });
      expect(await revisions(stream)).toEqual([1]);
    });

    it('$maxCount leaves the newest, both ways and from any revision', async () => {
      const stream = await streamOfFive();
      await test.store.setStreamMetadata(stream, { $maxCount: 2 });
      expect(await revisions(stream)).toEqual([3, 4]);
      await test.store.append(stream, newEvents(1), 4);
      expect(await revisions(stream)).toEqual([4, 5]);
      const back = await all(test.store.readStream(stream, { direction: 'backwards' }));
      expect(back.map(({ revision }) => revision)).toEqual([5, 4]);
      expect((await all(test.store.readStream(stream, { from: 1, limit: 1 })))[0]?.revision).toBe(4);
    });

    it('$tb hides what lies below', async () => {
      const stream = await streamOfFive();
      await test.store.setStreamMetadata(stream, { $tb: 3 });
      expect(await revisions(stream)).toEqual([3, 4]);
      await test.store.setStreamMetadata(stream, {});
      expect(await revisions(stream)).toEqual([0, 1, 2, 3, 4]);
    });

    it('$maxAge keeps what is young enough', async () => {
      const stream = await streamOfFive();
      await test.store.setStreamMetadata(stream, { $maxAge: 3_600 });
      expect(await revisions(stream)).toEqual([0, 1, 2, 3, 4]);
    });

    it('$maxAge hides what has grown too old', async () => {
      const stream = await streamOfFive();
      await test.store.setStreamMetadata(stream, { $maxAge: 1 });
      const limit = Date.now() + 10_000;
      while ((await revisions(stream)).length > 0 && Date.now() < limit) await new Promise(setImmediate);
      expect(await revisions(stream)).toEqual([]);
      await test.store.append(stream, newEvents(1), 4);
      expect(await revisions(stream)).toEqual([5]);
    });
  });

  describe('soft deletion', () => {
    const test = storeForEachTest(backend);

    it('empties a stream, and a later append continues its revisions', async () => {
      const stream = test.stream();
      await test.store.append(stream, newEvents(3), 'no-stream');
      await test.store.deleteStream(stream, 2);
      expect(await all(test.store.readStream(stream))).toEqual([]);
      expect(await all(test.store.readStream(stream, { direction: 'backwards' }))).toEqual([]);
      const events = newEvents(2);
      expect(await test.store.append(stream, events, 'any')).toMatchObject({ revision: 4, idempotent: false });
      const read = await all(test.store.readStream(stream));
      expect(read.map(({ id, revision }) => [id, revision])).toEqual([
        [events[0]!.id, 3],
        [events[1]!.id, 4],
      ]);
    });

    it.each<ExpectedRevision>(['no-stream', 2])('lets a stream be begun anew at %s', async (expected) => {
      const stream = test.stream();
      await test.store.append(stream, newEvents(3), 'no-stream');
      await test.store.deleteStream(stream, 'any');
      const event = newEvent();
      expect(await test.store.append(stream, [event], expected)).toMatchObject({ revision: 3 });
      expect(ids(await all(test.store.readStream(stream)))).toEqual([event.id]);
    });

    it.each<ExpectedRevision>(['no-stream', 0, 5])('refuses the wrong expectation %s', async (expected) => {
      const stream = test.stream();
      await test.store.append(stream, newEvents(3), 'no-stream');
      const deletion = test.store.deleteStream(stream, expected);
      await expect(deletion).rejects.toMatchObject({ code: 'WRONG_EXPECTED_REVISION' });
      expect(await all(test.store.readStream(stream))).toHaveLength(3);
    });
  });

  describe('tombstones', () => {
    const test = storeForEachTest(backend);
    const gone = { name: 'EventStoreError', code: 'STREAM_TOMBSTONED' };

    it('end a stream for ever', async () => {
      const stream = test.stream();
      await test.store.append(stream, newEvents(3), 'no-stream');
      await test.store.tombstoneStream(stream, 2);
      for (const expected of ['any', 'no-stream', 'exists', 2] as const) {
        await expect(test.store.append(stream, [newEvent()], expected)).rejects.toMatchObject(gone);
      }
      await expect(all(test.store.readStream(stream))).rejects.toMatchObject(gone);
      await expect(all(test.store.readStream(stream, { direction: 'backwards' }))).rejects.toMatchObject(gone);
      await expect(test.store.deleteStream(stream, 'any')).rejects.toMatchObject(gone);
      await expect(test.store.tombstoneStream(stream, 'any')).rejects.toMatchObject(gone);
    });

    it.each<ExpectedRevision>(['no-stream', 0])('refuse the wrong expectation %s', async (expected) => {
      const stream = test.stream();
      await test.store.append(stream, newEvents(3), 'no-stream');
      const tombstone = test.store.tombstoneStream(stream, expected);
      await expect(tombstone).rejects.toMatchObject({ code: 'WRONG_EXPECTED_REVISION' });
      expect(await all(test.store.readStream(stream))).toHaveLength(3);
    });

    it('leave other streams and subscriptions alone', async () => {
      await test.store.append(test.stream('a'), newEvents(1), 'no-stream');
      await test.store.tombstoneStream(test.stream('a'), 'any');
      const [event] = newEvents(1);
      await test.store.append(test.stream('b'), [event!], 'no-stream');
      const read = await all(test.store.readAll({ filter: { streamPrefixes: [test.stream('b')] } }));
      expect(ids(read)).toEqual([event!.id]);
    });
  });
}
