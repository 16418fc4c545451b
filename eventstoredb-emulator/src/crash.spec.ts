import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventStore, RecordedEvent } from '@order-flow/event-store';
import { EventStoreError, openEventStoreDb } from '@order-flow/event-store';
import type { EmulatorProcess } from './testing/emulator-process.js';
import { startEmulatorProcess } from './testing/emulator-process.js';

const KILLS = 3;
const WRITERS = 16;
/** Appends that must succeed between two kills. */
const APPENDS = 150;

describe('an emulator that is killed and started again', () => {
  let directory = '';
  let emulator: EmulatorProcess;
  let store: EventStore;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'eventstoredb-emulator-crash-'));
    emulator = await startEmulatorProcess(directory, 0);
    store = await openEventStoreDb({ url: emulator.url });
  }, 30_000);
  afterEach(async () => {
    await store.close();
    await emulator.end('SIGKILL');
    await rm(directory, { recursive: true });
  });

  const newEvent = (id = randomUUID()) => ({
    id,
    type: 'Happened',
    data: { id },
    metadata: { $correlationId: id, $causationId: id },
  });
  const everything = async (): Promise<RecordedEvent[]> => {
    const events: RecordedEvent[] = [];
    for await (const event of store.readAll()) events.push(event);
    return events;
  };

  it('loses no append that was acknowledged, has none twice, and subscriptions see all of it in order', async () => {
    const acknowledged: string[] = [];
    const delivered: RecordedEvent[] = [];
    const last = newEvent();
    const stop = new AbortController();
    const following = (async () => {
      for await (const message of store.subscribeAll({ signal: stop.signal })) {
        if (message.kind !== 'event') continue;
        delivered.push(message.event);
        if (message.event.id === last.id) stop.abort();
      }
    })();
    let writing = true;
    const write = async (writer: number): Promise<void> => {
      for (let revision = -1; writing;) {
        const event = newEvent();
        const expected = revision < 0 ? 'no-stream' : revision;
        ({ revision } = await store.append(`order-${writer}`, [event], expected));
        acknowledged.push(event.id);
      }
    };
    const writers = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
    const reached = async (count: number): Promise<void> => {
      const end = Date.now() + 20_000;
      while (acknowledged.length < count && Date.now() < end) await new Promise(setImmediate);
      expect(acknowledged.length).toBeGreaterThanOrEqual(count);
    };
    for (let kill = 0; kill < KILLS; kill += 1) {
      await reached(acknowledged.length + APPENDS);
      expect(await emulator.end('SIGKILL')).toBeNull();
      emulator = await startEmulatorProcess(directory, emulator.port);
    }
    await reached(acknowledged.length + APPENDS);
    writing = false;
    await writers;
    await store.append('order-last', [last], 'no-stream');
    await following;

    const recorded = await everything();
    const ids = recorded.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(ids)).toEqual(new Set([...acknowledged, last.id]));
    expect(delivered).toEqual(recorded);
    for (let writer = 0; writer < WRITERS; writer += 1) {
      const own = recorded.filter(({ stream }) => stream === `order-${writer}`);
      expect(own.map(({ revision }) => revision)).toEqual(own.map((_, revision) => revision));
    }
  }, 120_000);

  it('fails an append to any revision, of which nobody knows whether it was written', async () => {
    await store.append('order-1', [newEvent()], 'any');
    await emulator.end('SIGKILL');
    const append = store.append('order-1', [newEvent()], 'any');
    await expect(append).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    emulator = await startEmulatorProcess(directory, emulator.port);
    const event = newEvent();
    expect(await store.append('order-1', [event], 0)).toMatchObject({ revision: 1 });
    expect((await everything()).at(-1)?.id).toBe(event.id);
  }, 60_000);

  it('ends by SIGTERM with everything acknowledged on disk', async () => {
    const appends = Array.from({ length: 50 }, (_, n) => store.append(`order-${n}`, [newEvent()], 'any'));
    const outcomes = Promise.allSettled(appends);
    await Promise.race(appends);
    expect(await emulator.end('SIGTERM')).toBe(0);
    const settled = await outcomes;
    emulator = await startEmulatorProcess(directory, emulator.port);
    const kept = new Map((await everything()).map((event) => [event.stream, event]));
    const lost = settled.filter(({ status }, n) => status === 'fulfilled' && !kept.has(`order-${n}`));
    expect(lost).toEqual([]);
    const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    for (const reason of refused) expect(reason).toBeInstanceOf(EventStoreError);
  }, 60_000);
});
