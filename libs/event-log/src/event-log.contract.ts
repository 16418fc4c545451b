import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { deadLetter, originalOf, partsLeftOut, readOriginal } from './dead-letter.js';
import { DeadLetterQueue } from './dead-letter-queue.js';
import { partitionForKey } from './murmur2.js';
import type { Demand, EventLog, LogRecord, LogWriter, NewRecord, Offset, OwnershipEpoch, RecordBatch } from './port.js';
import { LARGEST_RECORD, recordSize } from './record-size.js';

/** What a log under test can do beyond the port. */
export interface EventLogFeatures {
  /** `clean()` applies retention and compaction before it resolves. */
  readonly cleansOnDemand: boolean;
  /** Milliseconds within which a group settles after a member came or went. */
  readonly rebalanceWithin: number;
  /** Milliseconds within which readers see what a commit resolved with; 0: at once. */
  readonly visibleWithin?: number;
}

export interface OpenedEventLog {
  readonly log: EventLog;
  /** Closes the log and removes what it kept. */
  close(): Promise<void>;
  /** Closes the log and opens it again with its data. */
  reopen?(): Promise<EventLog>;
}

type Text = { key?: string | null; value?: string | null; partition?: number; timestamp?: number };

const record = (topic: string, { key = 'k', value = 'v', partition, timestamp = 1_000 }: Text = {}): NewRecord => ({
  topic,
  key,
  value: value === null ? null : Buffer.from(value),
  timestamp,
  ...(partition === undefined ? {} : { partition }),
});

const valueOf = ({ value }: LogRecord): string | null => value?.toString() ?? null;
const withCode = (code: string) => expect.objectContaining({ name: 'LogError', code });
const forever = (): AbortSignal => new AbortController().signal;

async function within<T>(milliseconds: number, what: string, work: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const timeout = delay(milliseconds, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`not within ${milliseconds} ms: ${what}`);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    stop.abort();
    timeout.catch(() => undefined);
  }
}

async function pulled<T>(iterator: AsyncIterator<T>, what: string, milliseconds = 10_000): Promise<T> {
  const result = await within(milliseconds, what, iterator.next());
  if (result.done) throw new Error(`ended: ${what}`);
  return result.value;
}

async function batchesOf(batches: AsyncIterable<RecordBatch>): Promise<RecordBatch[]> {
  const all: RecordBatch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

/** Pulls until `count` records came. */
async function take(batches: AsyncIterable<RecordBatch>, count: number): Promise<LogRecord[]> {
  const iterator = batches[Symbol.asyncIterator]();
  const records: LogRecord[] = [];
  while (records.length < count) {
    const batch = await pulled(iterator, `${count} records, have ${records.length}`);
    records.push(...batch.records);
  }
  await iterator.return?.();
  return records;
}

/**
 * What every log keeps. Topics and groups have names of their own in each test, so that a log may be shared and may have
 * kept something from before.
 */
export function eventLogContract(name: string, open: () => Promise<OpenedEventLog>, features: EventLogFeatures): void {
  describe(`${name}: the event log's contract`, () => {
    let opened: OpenedEventLog;
    let log: EventLog;
    let topic: string;
    let other: string;
    let compacted: string;
    let group: string;
    let id: string;
    let stop: AbortController;

    beforeEach(async () => {
      opened = await open();
      log = opened.log;
      stop = new AbortController();
      const run = randomUUID().slice(0, 8);
      [topic, other, compacted] = [`orders-${run}`, `payments-${run}`, `balances-${run}`];
      [group, id] = [`group-${run}`, `writer-${run}`];
      await log.admin.ensureTopics(
        [
          { name: topic, key: 'order id', cleanup: 'delete', retentionMs: -1 },
          { name: other, key: 'order id', cleanup: 'delete', retentionMs: -1 },
          { name: compacted, key: 'account id', cleanup: 'compact', retentionMs: -1, partitions: 1 },
        ],
        { partitions: 4 },
      );
    });

    afterEach(async () => {
      stop.abort();
      await opened.close();
    });

    const from = (offset: number, partition = 0, of = topic): Offset => ({ topic: of, partition, offset });
    const readAll = async (of: string, starts = [from(0, 0, of)]): Promise<LogRecord[]> =>
      (await batchesOf(log.read(starts, { follow: false, signal: forever() }))).flatMap((batch) => batch.records);
    const everywhere = (of: string): Offset[] => [0, 1, 2, 3].map((partition) => from(0, partition, of));
    const commit = async (writer: LogWriter, batch: Parameters<LogWriter['commit']>[0]) => {
      const committed = await writer.commit(batch);
      const until = performance.now() + (features.visibleWithin ?? 0);
      const last = new Map(committed.offsets.map((one) => [`${one.topic}/${one.partition}`, one]));
      for (const { topic: of, partition, offset } of last.values()) {
        const isVisible = async () => (await log.admin.partitions(of))[partition]!.end > offset;
        while (performance.now() < until && !(await isVisible())) await delay(5);
      }
      return committed;
    };
    const produce = async (...records: NewRecord[]) => {
      const writer = await log.openWriter(`${id}-${randomUUID()}`);
      const committed = await commit(writer, { records });
      await writer.close();
      return committed;
    };
    const values = async (of: string, starts?: Offset[]) => (await readAll(of, starts)).map(valueOf);

    describe('records', () => {
      it('are the same for who waits for them and who reads them later, whatever their text', async () => {
        const odd = 'half a pair: \ud83d, a pair: 😀, __proto__';
        const headers = { 'content-type': 'text/plain', ['__proto__']: odd, [odd]: 'ä' };
        const written = [
          { ...record(topic, { partition: 0, key: odd, value: odd }), headers },
          record(topic, { partition: 0, key: null, value: '' }),
          ...Array.from({ length: 1_200 }, (_, index) => record(topic, { partition: 0, value: `v${index}` })),
        ];
        const followers = [1, 2].map(() =>
          take(log.read([from(0)], { follow: true, signal: stop.signal }), written.length),
        );
        await produce(...written);
        const followed = await Promise.all(followers);
        const reopened = (await opened.reopen?.()) ?? log;
        log = reopened;
        const later = await readAll(topic);
        expect(later).toHaveLength(written.length);
        for (const records of followed) expect(records).toEqual(later);
        const [first] = later;
        expect([first!.key, first!.headers[Buffer.from(odd).toString()]]).toEqual([Buffer.from(odd).toString(), 'ä']);
      });

      it("go to their key's partition, as Kafka's default partitioner has it", async () => {
        const keys = ['a', 'b', 'foobar', 'Käse', '4c9f0b8e-0000-4000-8000-000000000000'];
        const { offsets } = await produce(...keys.map((key) => record(topic, { key })));
        expect(offsets.map(({ partition }) => partition)).toEqual(keys.map((key) => partitionForKey(key, 4)));
      });

      it('go to the partition that is asked for, and to 0 without a key', async () => {
        const { offsets } = await produce(record(topic, { partition: 3 }), record(topic, { key: null }));
        expect(offsets.map(({ partition }) => partition)).toEqual([3, 0]);
      });

      it('keep their order and are told their offsets in the order given', async () => {
        const { offsets: first } = await produce(
          record(topic, { partition: 0, value: 'a' }),
          record(topic, { partition: 1, value: 'x' }),
          record(topic, { partition: 0, value: 'b' }),
        );
        const { offsets: second } = await produce(record(topic, { partition: 0, value: 'c' }));
        expect(first.map(({ partition }) => partition)).toEqual([0, 1, 0]);
        expect(first[2]!.offset).toBeGreaterThan(first[0]!.offset);
        const records = await readAll(topic);
        expect(records.map(valueOf)).toEqual(['a', 'b', 'c']);
        expect(records.map(({ offset }) => offset)).toEqual([first[0], first[2], second[0]].map((at) => at!.offset));
      });

      it('come back as they were: key, value, headers and timestamp', async () => {
        const headers = { traceparent: '00-é-01', cause: 'orders-3-17', empty: '', ['__proto__']: 'a name like any' };
        const written: NewRecord = {
          topic,
          partition: 0,
          key: 'Schlüssel',
          value: Buffer.from([0, 255, 10]),
          headers,
          timestamp: 1_763_000_000_123,
        };
        await produce(
          written,
          record(topic, { partition: 0, key: null, value: '' }),
          record(compacted, { value: null }),
        );
        const [first, second] = await readAll(topic);
        expect(first).toEqual({ ...written, offset: first!.offset });
        expect({ key: second!.key, value: second!.value!.length, headers: second!.headers }).toEqual({
          key: null,
          value: 0,
          headers: {},
        });
        expect((await readAll(compacted))[0]).toMatchObject({ key: 'k', value: null });
      });

      it('of many partitions are read fairly, in bounded batches, each in order', async () => {
        const many = (partition: number) =>
          Array.from({ length: 1_200 }, (_, index) => record(topic, { partition, value: String(index) }));
        for (const partition of [0, 1, 2]) await produce(...many(partition));
        const starts = [0, 1, 2].map((partition) => from(0, partition));
        const batches = await batchesOf(log.read(starts, { follow: false, signal: forever(), maxRecords: 100 }));
        expect(Math.max(...batches.map(({ records }) => records.length))).toBeLessThanOrEqual(100);
        const firstOf2 = batches.findIndex(({ partition }) => partition === 2);
        const lastOf0 = batches.findLastIndex(({ partition }) => partition === 0);
        expect(firstOf2).toBeLessThan(lastOf0);
        for (const partition of [0, 1, 2]) {
          const records = batches.filter((batch) => batch.partition === partition).flatMap((batch) => batch.records);
          expect(records.map(valueOf)).toEqual(Array.from({ length: 1_200 }, (_, index) => String(index)));
        }
      });

      it('above 1 MiB are refused, those just below are not', async () => {
        const sized = (size: number): NewRecord => ({ ...record(topic), value: Buffer.alloc(size, 'x') });
        const { offsets } = await produce(sized(1_000_000));
        expect(offsets).toHaveLength(1);
        await expect(produce(sized(1024 * 1024 + 1))).rejects.toEqual(withCode('RECORD_TOO_LARGE'));
        expect(await readAll(topic, everywhere(topic))).toHaveLength(1);
      });

      it('of any size come back as they were from one commit', async () => {
        const sizes = [10, 300_000, 20, 900_000, 100_000, 30, 64_000, 40];
        const texts = sizes.map((size, index) => String(index).repeat(size));
        await produce(...texts.map((value) => record(topic, { partition: 0, value })));
        expect((await readAll(topic)).map(valueOf)).toEqual(texts);
      });

      it('are parked with their reason, however large they are', async () => {
        const full: NewRecord = { ...record(topic, { partition: 0 }), headers: { a: 'b' }, value: null };
        const value = Buffer.alloc(LARGEST_RECORD - recordSize(full), 'x');
        const { offsets } = await produce({ ...full, value });
        const [original] = await readAll(topic, [offsets[0]!]);
        await produce(deadLetter(original!, new Error('e'.repeat(5_000)), { topic: other, partition: 0 }));
        const [letter] = await readAll(other);
        expect([letter!.key, letter!.value, partsLeftOut(letter!)]).toEqual([full.key, null, 1]);
        expect(letter!.headers).toMatchObject({ a: 'b', 'dlq-left-out': 'value', 'dlq-error': 'e'.repeat(2_000) });
        const found = await readOriginal(log, originalOf(letter!), forever());
        expect(found?.value?.equals(value)).toBe(true);
        await produce(record(topic, { partition: 0 }));
        await log.admin.deleteRecords([{ ...offsets[0]!, offset: offsets[0]!.offset + 1 }]);
        expect(await readOriginal(log, originalOf(letter!), forever())).toBeUndefined();
      });

      it('are parked once each, whoever parks them again', async () => {
        const letter = (n: number, consumer = 'a'): NewRecord =>
          deadLetter({ ...record(topic, { partition: 0 }), headers: {}, partition: 0, offset: n }, new Error('bad'), {
            topic: other,
            headers: { 'dlq-consumer': consumer },
          });
        const isOwn = ({ headers }: LogRecord): boolean => headers['dlq-consumer'] === 'a';
        const [first, second] = [1, 2].map(() => new DeadLetterQueue(log, { topic: other, writer: id, isOwn }));
        const park = async (queue: DeadLetterQueue | undefined, ...letters: NewRecord[]) => {
          for (const one of letters) queue!.add(one);
          await queue!.flush();
        };
        await produce(letter(1, 'b'));
        await park(first, letter(1));
        await park(second, letter(1), letter(2));
        second!.reached([from(2)]);
        await park(first, letter(2), letter(3));
        await park(second, letter(2), letter(3), letter(4));
        await log.openWriter(id);
        const parked = await readAll(other, everywhere(other));
        const told = parked.map(({ headers }) => `${headers['dlq-consumer']}${headers['dlq-offset']}`);
        expect(told).toEqual(['b1', 'a1', 'a2', 'a3', 'a4']);
      });

      it('of unknown topics and partitions are refused', async () => {
        await expect(produce(record(`${topic}-missing`))).rejects.toEqual(withCode('UNKNOWN_TOPIC'));
        await expect(produce(record(topic, { partition: 4 }))).rejects.toEqual(withCode('UNKNOWN_TOPIC'));
      });
    });

    describe('a commit', () => {
      it('makes records of several topics and consumed offsets visible together', async () => {
        const writer = await log.openWriter(id);
        const seen = take(log.read([from(0, 0, other)], { follow: true, signal: stop.signal }), 1);
        const offsets = [from(7, 2), from(9, 3)];
        await commit(writer, {
          records: [record(topic, { partition: 1, value: 'first' }), record(other, { partition: 0, value: 'last' })],
          consumed: { group, offsets },
        });
        await seen;
        expect(await values(topic, [from(0, 1)])).toEqual(['first']);
        expect(await log.admin.committed(group)).toEqual(offsets);
      });

      it('may hold consumed offsets alone, or nothing', async () => {
        const writer = await log.openWriter(id);
        expect(await writer.commit({ records: [], consumed: { group, offsets: [from(3)] } })).toEqual({ offsets: [] });
        expect(await writer.commit({ records: [] })).toEqual({ offsets: [] });
        expect(await log.admin.committed(group)).toEqual([from(3)]);
      });

      it('that is refused leaves nothing, and its writer is spent', async () => {
        const writer = await log.openWriter(id);
        const bad = {
          records: [record(topic, { partition: 0 }), record(`${topic}-missing`)],
          consumed: { group, offsets: [from(1)] },
        };
        await expect(writer.commit(bad)).rejects.toEqual(withCode('UNKNOWN_TOPIC'));
        await expect(writer.commit({ records: [record(topic)] })).rejects.toEqual(withCode('WRITER_SPENT'));
        expect(await readAll(topic, everywhere(topic))).toEqual([]);
        expect(await log.admin.committed(group)).toEqual([]);
      });
    });

    describe('fencing', () => {
      it('lets the newest writer of an id commit and no older one', async () => {
        const older = await log.openWriter(id);
        await older.commit({ records: [record(topic, { partition: 0, value: 'old' })] });
        const newer = await log.openWriter(id);
        const zombie = {
          records: [record(topic, { partition: 0, value: 'zombie' }), record(other, { partition: 0 })],
          consumed: { group, offsets: [from(5)] },
        };
        await expect(older.commit(zombie)).rejects.toEqual(withCode('FENCED'));
        await expect(older.commit(zombie)).rejects.toEqual(withCode('WRITER_SPENT'));
        await commit(newer, { records: [record(topic, { partition: 0, value: 'new' })] });
        expect(await values(topic)).toEqual(['old', 'new']);
        expect(await readAll(other)).toEqual([]);
        expect(await log.admin.committed(group)).toEqual([]);
      });

      it('lets a fenced owner take its id back', async () => {
        const first = await log.openWriter(id);
        const second = await log.openWriter(id);
        await expect(first.commit({ records: [record(topic)] })).rejects.toEqual(withCode('FENCED'));
        const third = await log.openWriter(id);
        await expect(second.commit({ records: [record(topic)] })).rejects.toEqual(withCode('FENCED'));
        await commit(third, { records: [record(topic, { partition: 0, value: 'mine' })] });
        expect(await values(topic)).toEqual(['mine']);
      });

      it('leaves writers of other ids alone', async () => {
        const one = await log.openWriter(id);
        await log.openWriter(`${id}-other`);
        await expect(one.commit({ records: [record(topic)] })).resolves.toMatchObject({ offsets: [{ topic }] });
      });

      it('refuses a closed writer', async () => {
        const writer = await log.openWriter(id);
        await writer.close();
        await expect(writer.commit({ records: [record(topic)] })).rejects.toEqual(withCode('WRITER_SPENT'));
      });
    });

    describe('reading', () => {
      it('ends at the end offsets seen at the start', async () => {
        await produce(...['a', 'b', 'c'].map((value) => record(topic, { partition: 0, value })));
        const iterator = log
          .read([from(0)], { follow: false, signal: forever(), maxRecords: 1 })
          [Symbol.asyncIterator]();
        const first = await pulled(iterator, 'the first batch');
        await produce(record(topic, { partition: 0, value: 'late' }));
        const rest = await batchesOf({ [Symbol.asyncIterator]: () => iterator });
        expect([first, ...rest].flatMap((batch) => batch.records.map(valueOf))).toEqual(['a', 'b', 'c']);
        const last = rest.at(-1)!;
        expect(last.nextOffset).toBeLessThanOrEqual(last.endOffset);
      });

      it('ends at once where nothing is', async () => {
        expect(await batchesOf(log.read(everywhere(topic), { follow: false, signal: forever() }))).toEqual([]);
        expect(await batchesOf(log.read([], { follow: false, signal: forever() }))).toEqual([]);
      });

      it('reaches the end: the last position is the end offset', async () => {
        await produce(record(topic, { partition: 0 }), record(topic, { partition: 0 }));
        const last = (await batchesOf(log.read([from(0)], { follow: false, signal: forever() }))).at(-1)!;
        const [partition] = await log.admin.partitions(topic);
        expect([last.nextOffset, last.endOffset]).toEqual([partition!.end, partition!.end]);
      });

      it('follows later commits, from where it is told to', async () => {
        const { offsets } = await produce(...['a', 'b'].map((value) => record(topic, { partition: 0, value })));
        const following = take(log.read([from(offsets[1]!.offset)], { follow: true, signal: stop.signal }), 3);
        await produce(record(topic, { partition: 0, value: 'c' }));
        await produce(record(topic, { partition: 0, value: 'd' }));
        expect((await following).map(valueOf)).toEqual(['b', 'c', 'd']);
      });

      it('ends normally when its signal is aborted, waiting or not', async () => {
        await produce(record(topic, { partition: 0 }));
        const iterator = log.read([from(0)], { follow: true, signal: stop.signal })[Symbol.asyncIterator]();
        await pulled(iterator, 'the first batch');
        const waiting = iterator.next();
        stop.abort();
        expect((await within(10_000, 'the end', waiting)).done).toBe(true);
        expect(await batchesOf(log.read([from(0)], { follow: true, signal: stop.signal }))).toEqual([]);
      });

      it.each([
        ['beyond the end', 5],
        ['below zero', -1],
      ])('refuses a start %s', async (_, offset) => {
        await produce(record(topic, { partition: 0 }));
        const reading = batchesOf(log.read([from(offset)], { follow: false, signal: forever() }));
        await expect(reading).rejects.toEqual(withCode('OFFSET_OUT_OF_RANGE'));
      });

      it('refuses unknown topics', async () => {
        const reading = batchesOf(log.read([from(0, 0, `${topic}-missing`)], { follow: false, signal: forever() }));
        await expect(reading).rejects.toEqual(withCode('UNKNOWN_TOPIC'));
      });

      it('waits for who pulls slowly, and then goes on without loss', async () => {
        const iterator = log
          .read([from(0)], { follow: true, signal: stop.signal, maxRecords: 50 })
          [Symbol.asyncIterator]();
        const writer = await log.openWriter(id);
        const many = (round: number) =>
          Array.from({ length: 500 }, (_, index) =>
            record(topic, { partition: 0, value: String(round * 500 + index) }),
          );
        await writer.commit({ records: many(0) });
        const got = [...(await pulled(iterator, 'the first batch')).records];
        for (let round = 1; round < 6; round++) await writer.commit({ records: many(round) });
        while (got.length < 3_000) {
          const batch = await pulled(iterator, 'more');
          expect(batch.records.length).toBeLessThanOrEqual(50);
          got.push(...batch.records);
        }
        expect(got.map(valueOf)).toEqual(Array.from({ length: 3_000 }, (_, index) => String(index)));
      });
    });

    describe('a group', () => {
      const settle = features.rebalanceWithin;
      const joined = (signal: AbortSignal, topics = [topic, other], of = group) =>
        log.join(of, topics, signal)[Symbol.asyncIterator]();
      const next = (member: AsyncIterator<OwnershipEpoch>) => pulled(member, 'an epoch', settle);
      const ownedBy = (epoch: OwnershipEpoch) => [...epoch.slices].sort((a, b) => a - b);

      it('gives its only member every slice', async () => {
        const epoch = await next(joined(stop.signal));
        expect(ownedBy(epoch)).toEqual([0, 1, 2, 3]);
        expect(epoch.signal.aborted).toBe(false);
        expect((await log.admin.group(group)).members.map(({ slices }) => [...slices])).toEqual([[0, 1, 2, 3]]);
      });

      it('reads the partitions that are named, of all its topics', async () => {
        await produce(record(topic, { partition: 2, value: 'a' }), record(topic, { partition: 1, value: 'not read' }));
        const epoch = await next(joined(stop.signal));
        const reading = take(epoch.read([from(0, 2), from(0, 2, other)]), 2);
        await produce(record(other, { partition: 2, value: 'b' }));
        expect((await within(settle, 'both records', reading)).map(valueOf).sort()).toEqual(['a', 'b']);
      });

      it('leaves in the log what is not wanted, and gives what is waited for first', async () => {
        const many = Array.from({ length: 1_500 }, () => record(topic, { partition: 2, value: 'x'.repeat(1_000) }));
        await produce(...many, ...many, record(other, { partition: 2, value: 'waited for' }));
        const state = { wanted: true, lacking: '', tell: (): void => undefined };
        const demand: Demand = {
          wants: () => state.wanted,
          lacks: (name) => name === state.lacking,
          watch(listener) {
            state.tell = listener;
            return () => (state.tell = () => undefined);
          },
        };
        const epoch = await next(joined(stop.signal));
        const at = [from(0, 2), from(0, 2, other)];
        const reading = epoch.read(at, stop.signal, demand)[Symbol.asyncIterator]();
        expect((await pulled(reading, 'what is wanted')).topic).toBe(topic);
        Object.assign(state, { wanted: false, lacking: other });
        const waitedFor = await pulled(reading, 'what is waited for');
        expect([waitedFor.topic, waitedFor.records.map(valueOf)]).toEqual([other, ['waited for']]);
        state.lacking = '';
        const more = pulled(reading, 'the rest');
        expect(await Promise.race([more.then(() => 'read'), delay(100, 'left in the log')])).toBe('left in the log');
        state.wanted = true;
        state.tell();
        expect((await more).topic).toBe(topic);
      });

      it('shares the slices with a second member, and gives them back when it leaves', async () => {
        const leave = new AbortController();
        const first = joined(stop.signal);
        const alone = await next(first);
        let endedBefore = false;
        const afterwards = first.next().then((result) => {
          endedBefore = alone.signal.aborted;
          return result;
        });
        const second = joined(leave.signal);
        const guest = await next(second);
        const shared = (await within(settle, 'the next epoch', afterwards)).value as OwnershipEpoch;
        expect(endedBefore).toBe(true);
        expect([...guest.slices, ...shared.slices].sort()).toEqual([0, 1, 2, 3]);
        expect(guest.slices).toHaveLength(2);
        leave.abort();
        const again = await next(first);
        expect(shared.signal.aborted).toBe(true);
        expect(ownedBy(again)).toEqual([0, 1, 2, 3]);
        expect((await within(settle, 'the end', second.next())).done).toBe(true);
        expect(guest.signal.aborted).toBe(true);
      });

      it("ends an epoch's reading with the epoch", async () => {
        const leave = new AbortController();
        const member = joined(leave.signal);
        const epoch = await next(member);
        const reading = batchesOf(epoch.read([from(0)]));
        leave.abort();
        expect(await within(settle, 'the end of reading', reading)).toEqual([]);
        expect((await within(settle, 'the end', member.next())).done).toBe(true);
      });

      it('confirms an epoch that goes on, and none that ended', async () => {
        const first = joined(stop.signal);
        const alone = await next(first);
        expect(await within(settle, 'the confirmation', alone.confirm())).toBe(true);
        const following = next(first);
        await next(joined(stop.signal));
        const shared = await within(settle, 'the next epoch', following);
        expect(await alone.confirm()).toBe(false);
        expect(await within(settle, 'the confirmation', shared.confirm())).toBe(true);
        stop.abort();
        expect(await shared.confirm()).toBe(false);
      });

      it('is independent of other groups', async () => {
        const [one, two] = await Promise.all([
          next(joined(stop.signal)),
          next(joined(stop.signal, [topic], `${group}-2`)),
        ]);
        expect([ownedBy(one), ownedBy(two)]).toEqual([
          [0, 1, 2, 3],
          [0, 1, 2, 3],
        ]);
        await log.admin.commitOffsets({ group, offsets: [from(0)] });
        await log.admin.commitOffsets({ group: `${group}-2`, offsets: [from(0), from(0, 1)] });
        expect(await log.admin.committed(group)).toHaveLength(1);
        expect(await log.admin.committed(`${group}-2`)).toHaveLength(2);
        expect(await log.admin.groups()).toEqual(expect.arrayContaining([group, `${group}-2`]));
      });

      it('refuses topics that are unknown or have other partition counts', async () => {
        await expect(joined(stop.signal, [topic, compacted]).next()).rejects.toEqual(withCode('NOT_COPARTITIONED'));
        await expect(joined(stop.signal, [`${topic}-missing`]).next()).rejects.toEqual(withCode('UNKNOWN_TOPIC'));
      });
    });

    describe('administration', () => {
      it('makes topics once and says what differs', async () => {
        const settings = { name: topic, key: 'order id', cleanup: 'delete', retentionMs: -1 } as const;
        await log.admin.ensureTopics([settings], { partitions: 4 });
        await expect(log.admin.ensureTopics([settings], { partitions: 5 })).rejects.toEqual(withCode('TOPIC_MISMATCH'));
        const asTable = { ...settings, cleanup: 'compact' } as const;
        await expect(log.admin.ensureTopics([asTable], { partitions: 4 })).rejects.toEqual(withCode('TOPIC_MISMATCH'));
        const found = (await log.admin.topics()).find((info) => info.name === topic);
        expect(found).toMatchObject({ cleanup: 'delete', retentionMs: -1, partitionCount: 4 });
        await expect(log.admin.partitions(`${topic}-missing`)).rejects.toEqual(withCode('UNKNOWN_TOPIC'));
      });

      it('knows where partitions begin and end, and about how large they are', async () => {
        await produce(...Array.from({ length: 20 }, () => record(topic, { partition: 1, value: 'x'.repeat(100) })));
        const partitions = await log.admin.partitions(topic);
        expect(partitions.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
        expect(partitions[0]).toMatchObject({ begin: 0, end: 0 });
        expect(partitions[1]!.end).toBeGreaterThanOrEqual(20);
        expect(partitions[1]!.bytes).toBeGreaterThan(2_000);
        expect(partitions[1]!.bytes).toBeLessThan(20_000);
      });

      it('keeps the committed offsets of a group', async () => {
        expect(await log.admin.committed(group)).toEqual([]);
        await produce(record(topic, { partition: 0 }));
        await log.admin.commitOffsets({ group, offsets: [from(1), from(0, 2)] });
        await log.admin.commitOffsets({ group, offsets: [from(0)] });
        expect((await log.admin.group(group)).offsets).toEqual([from(0), from(0, 2)]);
      });

      it('finds offsets by time, also when timestamps jump back', async () => {
        const times = [10, 50, 20, 30, 70, 60];
        const { offsets } = await produce(...times.map((timestamp) => record(topic, { partition: 0, timestamp })));
        const { end } = (await log.admin.partitions(topic))[0]!;
        const found = async (timestamp: number) => (await log.admin.offsetsForTime(topic, timestamp))[0];
        expect(await found(0)).toEqual(offsets[0]);
        expect(await found(11)).toEqual(offsets[1]);
        expect(await found(50)).toEqual(offsets[1]);
        expect(await found(51)).toEqual(offsets[4]);
        expect(await found(71)).toEqual(from(end));
        expect((await log.admin.offsetsForTime(topic, 0))[1]).toEqual(from(0, 1));
      });

      it('deletes records below an offset', async () => {
        const { offsets } = await produce(...['a', 'b', 'c'].map((value) => record(topic, { partition: 0, value })));
        const third = offsets[2]!;
        await log.admin.deleteRecords([third]);
        expect((await log.admin.partitions(topic))[0]!.begin).toBe(third.offset);
        expect(await values(topic, [third])).toEqual(['c']);
        await expect(readAll(topic)).rejects.toEqual(withCode('OFFSET_OUT_OF_RANGE'));
        const { offsets: later } = await produce(record(topic, { partition: 0, value: 'd' }));
        expect(later[0]!.offset).toBeGreaterThan(third.offset);
        expect(await values(topic, [third])).toEqual(['c', 'd']);
      });

      it('tells who it is, always the same', async () => {
        const identity = await log.identity();
        expect(identity).toMatch(/^\S{22,36}$/);
        expect(await log.identity()).toBe(identity);
      });
    });

    (features.cleansOnDemand ? describe : describe.skip)('cleaning', () => {
      it('compacts to the newest record per key; positions pass over the gaps', async () => {
        for (const value of ['1', '2', '3']) {
          await produce(...['a', 'b', 'c'].map((key) => record(compacted, { key, value: `${key}${value}` })));
        }
        await produce(record(compacted, { key: 'z', value: 'newest' }));
        const [before] = await log.admin.partitions(compacted);
        await log.admin.clean();
        const batches = await batchesOf(log.read([from(0, 0, compacted)], { follow: false, signal: forever() }));
        expect(batches.flatMap((batch) => batch.records.map(valueOf))).toEqual(['a3', 'b3', 'c3', 'newest']);
        expect(batches.at(-1)!.nextOffset).toBe(before!.end);
        const { offsets } = await produce(record(compacted, { key: 'a', value: 'a4' }));
        expect(offsets[0]!.offset).toBeGreaterThanOrEqual(before!.end);
      });

      it('never removes the newest record, and is harmless when repeated', async () => {
        await produce(record(compacted, { key: 'a', value: '1' }), record(compacted, { key: 'a', value: '2' }));
        for (let round = 0; round < 3; round++) await log.admin.clean();
        const records = await readAll(compacted);
        expect(records.map(valueOf).at(-1)).toBe('2');
      });

      it('removes records older than the retention, and no others', async () => {
        const brief = `${topic}-brief`;
        await log.admin.ensureTopics(
          [{ name: brief, key: 'k', cleanup: 'delete', retentionMs: 60_000, partitions: 1 }],
          { partitions: 4 },
        );
        const now = Date.now();
        const { offsets } = await produce(
          record(brief, { value: 'old', timestamp: now - 120_000 }),
          record(brief, { value: 'recent', timestamp: now }),
        );
        await produce(record(topic, { partition: 0, value: 'kept for ever', timestamp: 1 }));
        await log.admin.clean();
        expect(await values(brief, [offsets[1]!])).toEqual(['recent']);
        await expect(readAll(brief)).rejects.toEqual(withCode('OFFSET_OUT_OF_RANGE'));
        expect(await values(topic)).toEqual(['kept for ever']);
      });
    });

    it('keeps everything over a reopening', async () => {
      if (!opened.reopen) return;
      const writer = await log.openWriter(id);
      await commit(writer, {
        records: [record(topic, { partition: 0, value: 'a' })],
        consumed: { group, offsets: [from(1)] },
      });
      const identity = await log.identity();
      log = await opened.reopen();
      expect(await log.identity()).toBe(identity);
      expect(await values(topic)).toEqual(['a']);
      expect(await log.admin.committed(group)).toEqual([from(1)]);
      const again = await log.openWriter(id);
      const { offsets } = await commit(again, { records: [record(topic, { partition: 0, value: 'b' })] });
      expect(offsets[0]!.offset).toBeGreaterThan(0);
      expect(await values(topic)).toEqual(['a', 'b']);
    });

    it('ends readers and members when it is closed', async () => {
      const reading = batchesOf(log.read([from(0)], { follow: true, signal: forever() }));
      const member = log.join(group, [topic], forever())[Symbol.asyncIterator]();
      const epoch = await pulled(member, 'an epoch', features.rebalanceWithin);
      await log.close();
      expect(await within(10_000, 'the end of reading', reading)).toEqual([]);
      expect(epoch.signal.aborted).toBe(true);
      expect((await within(10_000, 'the end of membership', member.next())).done).toBe(true);
      await expect(log.openWriter(id)).rejects.toEqual(withCode('LOG_UNAVAILABLE'));
    });
  });
}
