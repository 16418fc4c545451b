import { describe, expect, it } from '@jest/globals';
import type { SubscriptionMessage } from '../port.js';
import type { EventStoreBackend } from './fixture.js';
import { all, eventIds, follow, ids, newEvent, newEvents, storeForEachTest } from './fixture.js';

export function subscribingContract(backend: EventStoreBackend): void {
  describe('subscribing', () => {
    const test = storeForEachTest(backend);
    const isEvent = (id: string) => (message: SubscriptionMessage) =>
      message.kind === 'event' && message.event.id === id;
    const isCaughtUp = ({ kind }: SubscriptionMessage): boolean => kind === 'caught-up';

    it('catches up in order, says so, then goes on live', async () => {
      const past = newEvents(3);
      const live = newEvents(2);
      await test.store.append(test.stream('a'), past, 'no-stream');
      let appending: Promise<unknown> | undefined;
      const messages = await follow(test.store, { filter: test.mine }, (message) => {
        if (isCaughtUp(message)) appending ??= test.store.append(test.stream('b'), live, 'no-stream');
        return isEvent(live[1]!.id)(message);
      });
      await appending;
      expect(eventIds(messages)).toEqual([...ids(past), ...ids(live)]);
      const caughtUp = messages.findIndex(isCaughtUp);
      expect(eventIds(messages.slice(0, caughtUp))).toEqual(ids(past));
    });

    it('delivers recorded events as reading does', async () => {
      await test.store.append(test.stream(), newEvents(3), 'no-stream');
      const messages = await follow(test.store, { filter: test.mine }, isCaughtUp);
      const events = messages.flatMap((message) => (message.kind === 'event' ? [message.event] : []));
      expect(events).toEqual(await all(test.store.readAll({ filter: test.mine })));
    });

    it('loses and repeats nothing while many write', async () => {
      const writers = 8;
      const rounds = 60;
      const write = async (writer: number): Promise<void> => {
        for (let round = 0; round < rounds; round += 1) {
          await test.store.append(test.stream(`w${writer}`), newEvents(1 + (round % 3)), 'any');
        }
      };
      const last = newEvent();
      const writing = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer))).then(() =>
        test.store.append(test.stream('end'), [last], 'no-stream'),
      );
      const messages = await follow(test.store, { filter: test.mine }, isEvent(last.id));
      await writing;
      expect(eventIds(messages)).toEqual(ids(await all(test.store.readAll({ filter: test.mine }))));
      expect(eventIds(messages)).toHaveLength(writers * rounds * 2 + 1);
    });

    it('goes on after the position of any event', async () => {
      await test.store.append(test.stream(), newEvents(10), 'no-stream');
      const events = await all(test.store.readAll({ filter: test.mine }));
      for (const [index, { position: after }] of events.entries()) {
        const messages = await follow(test.store, { filter: test.mine, after }, isCaughtUp);
        expect(eventIds(messages)).toEqual(ids(events.slice(index + 1)));
      }
    });

    it('goes on after a checkpoint with exactly what had not been delivered before it', async () => {
      const filter = { streamPrefixes: [test.stream('wanted')] };
      const skipped = test.features.checkpointAfterSkipping;
      const append = (name: string, count: number) => test.store.append(test.stream(name), newEvents(count), 'any');
      await append('wanted', 3);
      for (let left = skipped * 2; left > 0; left -= 400) await append('other', Math.min(left, 400));
      await append('wanted', 2);
      await append('other', 3);
      const messages = await follow(test.store, { filter }, isCaughtUp);
      const delivered = eventIds(messages);
      expect(delivered).toHaveLength(5);
      const checkpoints = messages.flatMap((message, at) =>
        message.kind === 'checkpoint' ? [{ ...message, at }] : [],
      );
      expect(checkpoints.filter(({ at }) => eventIds(messages.slice(0, at)).length === 3)).not.toEqual([]);
      for (const { position: after, at } of checkpoints) {
        const rest = await follow(test.store, { filter, after }, isCaughtUp);
        expect(eventIds(rest)).toEqual(eventIds(messages.slice(at)));
      }
    });

    it('keeps positions of events and checkpoints in strict order', async () => {
      for (let round = 0; round < 10; round += 1) {
        await test.store.append(test.stream('other'), newEvents(200), 'any');
        await test.store.append(test.stream('wanted'), newEvents(2), 'any');
      }
      const filter = { streamPrefixes: [test.stream('wanted')] };
      const messages = await follow(test.store, { filter }, isCaughtUp);
      const positions = messages.flatMap((message) => {
        if (message.kind === 'event') return [message.event.position];
        return message.kind === 'checkpoint' ? [message.position] : [];
      });
      expect(positions).toEqual([...new Set(positions)].sort());
      expect(eventIds(messages)).toHaveLength(20);
    });

    it('says that it has caught up where there is nothing to deliver', async () => {
      const messages = await follow(test.store, { filter: test.mine }, isCaughtUp);
      expect(eventIds(messages)).toEqual([]);
      expect(messages.filter(isCaughtUp)).toHaveLength(1);
    });

    it('ends by its signal while it waits, and before it begins', async () => {
      const end = new AbortController();
      const kinds: string[] = [];
      for await (const { kind } of test.store.subscribeAll({ filter: test.mine, signal: end.signal })) {
        kinds.push(kind);
        if (kind === 'caught-up') setImmediate(() => end.abort());
      }
      expect(kinds.at(-1)).toBe('caught-up');
      expect(await all(test.store.subscribeAll({ filter: test.mine, signal: AbortSignal.abort() }))).toEqual([]);
    });

    it('delivers nothing more after its signal, with events at hand', async () => {
      await test.store.append(test.stream(), newEvents(50), 'no-stream');
      const end = new AbortController();
      const seen: string[] = [];
      for await (const message of test.store.subscribeAll({ filter: test.mine, signal: end.signal })) {
        if (message.kind === 'event') seen.push(message.event.id);
        if (seen.length === 10) end.abort();
      }
      expect(seen).toHaveLength(10);
    });

    it('may be left by its reader', async () => {
      await test.store.append(test.stream(), newEvents(5), 'no-stream');
      const end = new AbortController();
      for await (const { kind } of test.store.subscribeAll({ filter: test.mine, signal: end.signal })) {
        if (kind === 'event') break;
      }
      expect(await test.store.append(test.stream(), newEvents(1), 'no-stream')).toMatchObject({ revision: 0 });
    });

    it('waits for a slow reader without losing anything', async () => {
      const end = new AbortController();
      const signal = AbortSignal.any([end.signal, AbortSignal.timeout(20_000)]);
      const messages = test.store.subscribeAll({ filter: test.mine, signal })[Symbol.asyncIterator]();
      let first = await messages.next();
      while (first.done !== true && !isCaughtUp(first.value)) first = await messages.next();
      const written: string[] = [];
      for (let round = 0; round < 10; round += 1) {
        const events = Array.from({ length: 300 }, () => newEvent({ text: 'x'.repeat(1_000) }));
        await test.store.append(test.stream(`s${round}`), events, 'no-stream');
        written.push(...ids(events));
      }
      const seen: string[] = [];
      while (seen.length < written.length) {
        const next = await messages.next();
        if (next.done === true) break;
        if (next.value.kind === 'event') seen.push(next.value.event.id);
      }
      end.abort();
      expect(seen).toEqual(written);
    });

    it('serves several subscribers, each with its own filter', async () => {
      const a = newEvents(5);
      const b = newEvents(5);
      const last = newEvent();
      const following = ['a', 'b'].map((name) =>
        follow(test.store, { filter: { streamPrefixes: [test.stream(name), test.stream('end')] } }, isEvent(last.id)),
      );
      for (let index = 0; index < 5; index += 1) {
        await test.store.append(test.stream('a'), [a[index]!], 'any');
        await test.store.append(test.stream('b'), [b[index]!], 'any');
      }
      await test.store.append(test.stream('end'), [last], 'any');
      const [ofA, ofB] = await Promise.all(following);
      expect(eventIds(ofA!)).toEqual([...ids(a), last.id]);
      expect(eventIds(ofB!)).toEqual([...ids(b), last.id]);
    });

    it('delivers without a filter what everyone writes', async () => {
      const after = await test.store.lastPosition();
      const events = newEvents(3);
      const following = follow(test.store, after === undefined ? {} : { after }, isEvent(events[2]!.id));
      await test.store.append(test.stream(), events, 'no-stream');
      expect(eventIds(await following)).toEqual(expect.arrayContaining(ids(events)));
    });
  });
}
