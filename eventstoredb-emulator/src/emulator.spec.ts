import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JSONEventType, ResolvedEvent } from '@eventstore/db-client';
import client from '@eventstore/db-client';
import type { RunningEmulator } from './emulator.js';
import { startEmulator } from './emulator.js';

const { EventStoreDBClient, binaryEvent, eventTypeFilter, excludeSystemEvents, jsonEvent, streamNameFilter } = client;
type Client = InstanceType<typeof EventStoreDBClient>;

let directory = '';
let emulator: RunningEmulator;
let store: Client;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eventstoredb-emulator-'));
  emulator = await startEmulator({ dataDirectory: directory });
  store = EventStoreDBClient.connectionString(emulator.url);
});
afterEach(async () => {
  await store.dispose();
  await emulator.stop();
  await rm(directory, { recursive: true });
});

const event = (n: number, type = 'Happened') => jsonEvent({ type, data: { n }, metadata: { note: `n${n}` } });
const events = (count: number) => Array.from({ length: count }, (_, index) => event(index));
async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
const numbers = (read: readonly ResolvedEvent<JSONEventType>[]) =>
  read.map((one) => (one.event!.data as { n: number }).n);
const revisions = async (...read: Parameters<Client['readStream']>): Promise<number[]> =>
  (await all(store.readStream(...read))).map((one) => Number(one.event?.revision));
/** Per-call credentials make the client use plain appends; without TLS they are not sent. */
const plainly = { credentials: { username: 'nobody', password: 'nothing' } };

describe.each([
  ['batch appends', {}],
  ['plain appends', plainly],
] as const)('%s', (_name, how) => {
  it('answer revision and position, and are read as they were given', async () => {
    const id = randomUUID();
    const given = {
      id,
      type: 'Odd Type',
      data: { text: 'naïve 🙂', list: [1, null] },
      metadata: { a: 'b' },
    };
    const first = await store.appendToStream('order-1', [jsonEvent(given)], how);
    expect(first).toMatchObject({ success: true, nextExpectedRevision: 0n });
    const [read] = await all(store.readStream('order-1'));
    expect(read?.event).toMatchObject({ ...given, streamId: 'order-1', revision: 0n, position: first.position });
    expect(Math.abs(Date.now() - read!.event!.created.getTime())).toBeLessThan(60_000);
  });

  it.each(['any', 'no_stream'] as const)('%s begins a stream', async (expectedRevision) => {
    const appended = await store.appendToStream('order-1', events(3), { ...how, expectedRevision });
    expect(appended.nextExpectedRevision).toBe(2n);
  });

  it.each(['stream_exists', 0n, 7n] as const)('%s refuses a stream that is not there', async (expectedRevision) => {
    const append = store.appendToStream('order-1', events(1), { ...how, expectedRevision });
    await expect(append).rejects.toMatchObject({
      type: 'wrong-expected-version',
      streamName: 'order-1',
      expectedVersion: expectedRevision,
      actualVersion: 'no_stream',
    });
  });

  it.each(['no_stream', 0n, 5n] as const)('%s refuses a stream of three', async (expectedRevision) => {
    await store.appendToStream('order-1', events(3));
    const append = store.appendToStream('order-1', events(1), { ...how, expectedRevision });
    await expect(append).rejects.toMatchObject({ type: 'wrong-expected-version', actualVersion: 2n });
  });

  it.each(['any', 'no_stream', 'stream_exists', 0n] as const)('are answered again at %s', async (expectedRevision) => {
    if (expectedRevision === 'stream_exists' || expectedRevision === 0n) await store.appendToStream('a', events(1));
    const some = events(3);
    const first = await store.appendToStream('a', some, { ...how, expectedRevision });
    await store.appendToStream('a', events(1));
    expect(await store.appendToStream('a', some, { ...how, expectedRevision })).toEqual(first);
    const other = [some[0]!, event(9)];
    const append = store.appendToStream('a', other, { ...how, expectedRevision });
    await expect(append).rejects.toMatchObject({ type: 'wrong-expected-version' });
  });

  it('of more than a megabyte are refused as a whole', async () => {
    const large = jsonEvent({ type: 'Large', data: { text: 'x'.repeat(1024 * 1024) } });
    const append = store.appendToStream('order-1', [event(1), large], how);
    await expect(append).rejects.toMatchObject({ type: 'maximum-append-size-exceeded', maxAppendSize: 1024 * 1024 });
    await expect(all(store.readStream('order-1'))).rejects.toMatchObject({ type: 'stream-not-found' });
    expect(await store.appendToStream('order-1', event(1), how)).toMatchObject({ nextExpectedRevision: 0n });
  });

  it('to a stream deleted for ever are refused', async () => {
    await store.appendToStream('täglich', events(1));
    await store.tombstoneStream('täglich');
    const refused = { type: 'stream-deleted' };
    await expect(store.appendToStream('täglich', events(1), how)).rejects.toMatchObject(refused);
  });
});

describe('what was appended', () => {
  it('comes back byte for byte, JSON or not', async () => {
    const bytes = Buffer.from([0, 255, 1, 254]);
    const metadata = Buffer.from([9, 200]);
    await store.appendToStream('b', binaryEvent({ type: 'Bytes', data: bytes, metadata }));
    await store.appendToStream('b', jsonEvent({ type: 'Null', data: null as never }));
    await store.appendToStream(
      'b',
      jsonEvent({ type: 'Looks like ours', data: {}, metadata: { $bytes: { json: 1 } } }),
    );
    const [binary, nothing, forged] = (await all(store.readStream('b'))).map((one) => one.event!);
    expect(Buffer.from(binary!.data as Uint8Array)).toEqual(bytes);
    expect(binary?.isJson).toBe(false);
    expect(Buffer.from(binary!.metadata as Uint8Array)).toEqual(metadata);
    expect(nothing).toMatchObject({ isJson: true, data: null, metadata: undefined });
    expect(forged).toMatchObject({ data: {}, metadata: { $bytes: { json: 1 } } });
  });

  it('is kept when the emulator starts again', async () => {
    await store.appendToStream('order-1', events(3));
    await emulator.stop();
    emulator = await startEmulator({ dataDirectory: directory, port: emulator.port });
    store = EventStoreDBClient.connectionString(emulator.url);
    expect(await revisions('order-1')).toEqual([0, 1, 2]);
  });

  it('is committed together when it comes together, from several clients', async () => {
    const other = EventStoreDBClient.connectionString(emulator.url);
    const appends = Array.from({ length: 200 }, (_, n) =>
      (n % 2 ? store : other).appendToStream(`s-${n % 10}`, [event(n), event(n)]),
    );
    await Promise.all(appends);
    const read = numbers((await all(store.readAll())) as ResolvedEvent<JSONEventType>[]);
    expect(read).toHaveLength(400);
    for (let at = 0; at < 400; at += 2) expect(read[at]).toBe(read[at + 1]);
    await other.dispose();
  });
});

describe('reading a stream', () => {
  it('goes both ways, from a revision that it includes', async () => {
    await store.appendToStream('s', events(6));
    expect(await revisions('s', { fromRevision: 2n, maxCount: 3 })).toEqual([2, 3, 4]);
    expect(await revisions('s', { direction: 'backwards', fromRevision: 'end', maxCount: 2 })).toEqual([5, 4]);
    expect(await revisions('s', { direction: 'backwards', fromRevision: 2n })).toEqual([2, 1, 0]);
    expect(await revisions('s', { fromRevision: 6n })).toEqual([]);
    expect(await revisions('s', { fromRevision: 'end' })).toEqual([]);
  });

  it('of thousands gives all, in order', async () => {
    for (let round = 0; round < 5; round += 1) await store.appendToStream('s', events(500));
    expect(await revisions('s')).toEqual(Array.from({ length: 2_500 }, (_, revision) => revision));
  });

  it('that is not there fails as such', async () => {
    await expect(revisions('nope')).rejects.toMatchObject({ type: 'stream-not-found' });
  });
});

describe('metadata and deletion', () => {
  it('are events, and are returned as they are', async () => {
    await store.appendToStream('s', events(5));
    expect((await store.getStreamMetadata('s')).metadata).toBeUndefined();
    const metadata = { maxCount: 2, acl: { readRoles: ['$all'] }, own: { thing: 1 } };
    await store.setStreamMetadata('s', metadata as never, { expectedRevision: 'no_stream' });
    expect((await store.getStreamMetadata('s')).metadata).toEqual(metadata);
    expect(await revisions('s')).toEqual([3, 4]);
    await expect(store.setStreamMetadata('s', {}, { expectedRevision: 'no_stream' })).rejects.toMatchObject({
      type: 'wrong-expected-version',
    });
    await store.setStreamMetadata('s', { maxAge: 3_600 }, { expectedRevision: 0n });
    expect(await revisions('s')).toEqual([0, 1, 2, 3, 4]);
    const types = (await all(store.readAll())).map((one) => one.event?.type);
    expect(types.filter((type) => type === '$metadata')).toHaveLength(2);
    expect(await revisions('$$s')).toEqual([1]);
  });

  it('hide a stream until its next event', async () => {
    await store.appendToStream('s', events(3));
    await expect(store.deleteStream('s', { expectedRevision: 1n })).rejects.toMatchObject({
      type: 'wrong-expected-version',
      expectedVersion: 1n,
      actualVersion: 2n,
    });
    expect((await store.deleteStream('s', { expectedRevision: 2n })).position?.commit).toBe(4n);
    await expect(revisions('s')).rejects.toMatchObject({ type: 'stream-not-found' });
    const existing = store.appendToStream('s', events(1), { expectedRevision: 'stream_exists' });
    await expect(existing).rejects.toMatchObject({ type: 'stream-deleted' });
    const appended = await store.appendToStream('s', events(2), { expectedRevision: 'no_stream' });
    expect(appended.nextExpectedRevision).toBe(4n);
    expect(await revisions('s')).toEqual([3, 4]);
    expect((await store.getStreamMetadata('s')).metadata).toEqual({ truncateBefore: 3 });
  });

  it('end a stream for ever', async () => {
    await store.appendToStream('s', events(1));
    await store.tombstoneStream('s', { expectedRevision: 0n });
    await expect(revisions('s')).rejects.toMatchObject({ type: 'stream-deleted', streamName: 's' });
    await expect(store.deleteStream('s')).rejects.toMatchObject({ type: 'stream-deleted' });
    const last = (await all(store.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 })))[0];
    expect(last?.event).toMatchObject({ streamId: 's', type: '$streamDeleted', revision: 2n ** 63n - 1n });
  });
});

describe('reading everything', () => {
  it('keeps the order of appending, both ways, from any position', async () => {
    for (let n = 0; n < 20; n += 1) await store.appendToStream(`s-${n % 3}`, event(n));
    const read = await all(store.readAll());
    expect(read.map((one) => (one.event?.data as { n: number }).n)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    const fromPosition = read[4]!.event!.position;
    const ids = (some: readonly ResolvedEvent[]) => some.map((one) => one.event?.id);
    const forwards = await all(store.readAll({ fromPosition, maxCount: 3 }));
    expect(ids(forwards)).toEqual(ids(read.slice(4, 7)));
    const backwards = await all(store.readAll({ fromPosition, direction: 'backwards' }));
    expect(ids(backwards)).toEqual(ids(read.slice(0, 4).reverse()));
  });
});

describe('subscribing', () => {
  type Options = NonNullable<Parameters<Client['subscribeToAll']>[0]>;
  type Window = Parameters<typeof excludeSystemEvents>[0];

  /** What a subscription tells, in order, until an event of type `End`. */
  const followAll = async (options: Options, atEnd: () => Promise<unknown>): Promise<string[]> => {
    const seen: string[] = [];
    const subscription = store.subscribeToAll(options);
    subscription.once('caughtUp', () => {
      seen.push('caught up');
      void atEnd().then(() => store.appendToStream('wanted-end', jsonEvent({ type: 'End', data: {} })));
    });
    for await (const { event: one } of subscription) {
      if (one?.type === 'End') break;
      seen.push(`${one?.streamId}@${one?.revision}`);
    }
    await subscription.unsubscribe();
    return seen;
  };

  it('to everything catches up, tells so, and goes on', async () => {
    await store.appendToStream('a', events(2));
    const seen = await followAll({ filter: excludeSystemEvents() }, () => store.appendToStream('b', events(2)));
    expect(seen.filter((one) => one !== 'caught up')).toEqual(['a@0', 'a@1', 'b@0', 'b@1']);
    expect(seen).toContain('caught up');
  });

  it.each([
    ['prefixes of streams', (how: Window) => streamNameFilter({ ...how, prefixes: ['wanted-', 'also-'] })],
    ['an expression on streams', (how: Window) => streamNameFilter({ ...how, regex: '^(wanted|also)-' })],
    ['an expression on types', (how: Window) => eventTypeFilter({ ...how, regex: '^(Wanted|End)$' })],
    ['prefixes of types', (how: Window) => eventTypeFilter({ ...how, prefixes: ['Wanted', 'End'] })],
  ])('chooses by %s, and tells how far it has come', async (_name, filterBy) => {
    const reached: bigint[] = [];
    const checkpointReached = async (_: unknown, { commit }: { commit: bigint }) => void reached.push(commit);
    const filter = filterBy({ maxSearchWindow: 5, checkpointInterval: 2, checkpointReached });
    await store.appendToStream('wanted-1', event(1, 'Wanted'));
    for (let round = 0; round < 10; round += 1) await store.appendToStream('other', events(5));
    const seen = await followAll({ filter }, async () => {
      await store.appendToStream('also-1', event(2, 'Wanted'));
      for (let round = 0; round < 10; round += 1) await store.appendToStream('other', events(5));
    });
    expect(seen.filter((one) => one !== 'caught up')).toEqual(['wanted-1@0', 'also-1@0']);
    expect(reached.slice(0, 6)).toEqual([10n, 20n, 30n, 40n, 50n, 51n]);
    expect(reached.slice(6, 9)).toEqual([61n, 71n, 81n]);
  });

  it('begins after a position, or at the end', async () => {
    const { position } = await store.appendToStream('a', events(2));
    await store.appendToStream('b', events(1));
    expect(await followAll({ fromPosition: position! }, async () => undefined)).toContain('b@0');
    const late = await followAll({ fromPosition: 'end' }, () => store.appendToStream('c', events(1)));
    expect(late.filter((one) => one !== 'caught up')).toEqual(['c@0']);
  });

  it('to a stream begins after a revision and goes on, even before it is there', async () => {
    const follow = async (count: number, ...to: Parameters<Client['subscribeToStream']>): Promise<number[]> => {
      const subscription = store.subscribeToStream(...to);
      subscription.once('caughtUp', () => void store.appendToStream(to[0], events(2)));
      const seen: number[] = [];
      for await (const one of subscription) if (seen.push(Number(one.event?.revision)) === count) break;
      await subscription.unsubscribe();
      return seen;
    };
    expect(await follow(2, 's')).toEqual([0, 1]);
    expect(await follow(3, 's', { fromRevision: 0n })).toEqual([1, 2, 3]);
    expect(await follow(2, 's', { fromRevision: 'end' })).toEqual([4, 5]);
  });

  it('waits for a reader that does not read', async () => {
    const text = 'x'.repeat(100_000);
    for (let round = 0; round < 40; round += 1) {
      await store.appendToStream(
        's',
        Array.from({ length: 5 }, () => jsonEvent({ type: 'Large', data: { text } })),
      );
    }
    const before = process.memoryUsage().arrayBuffers;
    const subscription = store.subscribeToAll();
    await new Promise((resolve) => subscription.once('readable', resolve));
    // Other calls are served meanwhile; the subscription has had its chance to run ahead.
    for (let round = 0; round < 20; round += 1) await revisions('s', { maxCount: 1 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(15_000_000);
    const seen: number[] = [];
    for await (const { event: one } of subscription) if (seen.push(Number(one?.revision)) === 200) break;
    expect(seen).toEqual(Array.from({ length: 200 }, (_, revision) => revision));
    await subscription.unsubscribe();
  });
});
