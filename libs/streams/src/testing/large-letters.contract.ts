import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { NewRecord } from '@order-flow/event-log';
import { z } from 'zod';
import { deadLetterTopic, repartitionTopic, type Topology } from '../graph.js';
import { requestRedrive } from '../runner.js';
import type { SliceOptions } from '../slice-context.js';
import { topology } from '../topology.js';
import { BANK_PARTITIONS, entries, entryRecord, produce } from './bank.js';
import { consumed, readTopic } from './bank-audit.js';
import { eventually } from './eventually.js';
import type { Conformance } from './streams-fixture.js';

const ALL = Array.from({ length: BANK_PARTITIONS }, (_, slice) => slice);
const Numbers = z.array(z.int());
const Movement = z.object({ amount: z.int(), kind: z.string() });

/** An entry that fits the log, but not with what a letter says of its failure. */
const LARGE = 1_048_000;
const LARGEST_STORED = 1_000_000;

const entry = (amount: number, account: string, kind = ''): NewRecord =>
  entryRecord(amount, account, { type: 'Deposited', data: { amount, kind } });

const refuse = (refused: ReadonlySet<number>, amount: number): void => {
  if (refused.has(amount)) throw new Error(`refused ${amount} ${'x'.repeat(2_000)}`);
};

/** Notes the amounts of an account; an amount is refused while it stands in `refused`. */
const noting = (refused: ReadonlySet<number>, sequenced: boolean): Topology =>
  topology('noting', (t) => {
    const notes = t.store('notes', Numbers);
    t.from(entries, { sequenced }).process('note', { notes }, ({ key, value: { data } }, stores) => {
      refuse(refused, data.amount);
      stores.notes.put(key, [...(stores.notes.get(key) ?? []), data.amount]);
      return [];
    });
  });

/** The same behind a repartition, keyed by ninety thousand letters. */
const LONG_KEY = 'k'.repeat(90_000);
const passingOn = (refused: ReadonlySet<number>): Topology =>
  topology('passing-on', (t) => {
    const notes = t.store('notes', Numbers);
    t.from(entries)
      .process('shorten', {}, ({ value: { data } }) => [{ ...data, kind: data.kind.slice(0, 957_500) }])
      .repartition('by-length', { schema: Movement, key: ({ kind }) => (kind === '' ? 'short' : LONG_KEY) })
      .process('note', { notes }, ({ key, value: { amount } }, stores) => {
        refuse(refused, amount);
        const name = key.slice(0, 10);
        stores.notes.put(name, [...(stores.notes.get(name) ?? []), amount]);
        return [];
      });
  });

/** Waits for it: positions are committed to the log a moment before local state shows what they stand for. */
const stands = (look: () => unknown, expected: unknown): Promise<void> =>
  eventually('the state', () => isDeepStrictEqual(look(), expected), { detail: look });

/** Records that are as large as the log allows, and fail. */
export function largeLettersConformance(context: () => Conformance): void {
  describe('a record too large to be parked with its reason', () => {
    async function running(of: Topology, options: Partial<SliceOptions> = {}) {
      const { fixture, begin } = context();
      const { log } = fixture;
      await log.admin.ensureTopics(of.internalTopics, { partitions: BANK_PARTITIONS });
      const run = begin({ topology: of, state: await fixture.state('a'), options });
      const untilConsumed = () =>
        eventually('all inputs consumed', () => consumed(log, { name: of.name, inputs: of.reads }), {
          detail: () => run.failures.map(({ error }) => error.message),
        });
      const redrive = async (action: 'redrive' | 'discard' = 'redrive'): Promise<void> => {
        await requestRedrive(log, of, ALL, { action });
        await untilConsumed();
      };
      const letters = async () => (await readTopic(log, deadLetterTopic(of.name))).flat();
      const parked = () => run.running.status().slices.reduce((sum, slice) => sum + slice.parked, 0);
      const notes = (account: string) => run.running.query('notes', account);
      return { log, run, untilConsumed, redrive, letters, parked, notes };
    }

    it('is parked without its value, and run again from its topic, in order', async () => {
      const refused = new Set([2]);
      const { log, run, untilConsumed, redrive, letters, parked, notes } = await running(noting(refused, true));
      await produce(log, [entry(1, 'a'), entry(2, 'a', 'x'.repeat(LARGE)), entry(3, 'a'), entry(4, 'b')]);
      await untilConsumed();
      expect((await letters()).map(({ value, headers }) => [value === null, headers['dlq-left-out']])).toEqual([
        [true, 'value'],
        [false, undefined],
      ]);
      await stands(() => [notes('a'), parked()], [[1], 2]);
      await redrive();
      await stands(() => [notes('a'), parked()], [[1], 2]);
      refused.clear();
      await redrive();
      await eventually('notes', () => (notes('a') as number[]).length === 3);
      await stands(() => [notes('a'), notes('b'), parked()], [[1, 2, 3], [4], 0]);
      expect(run.failures).toEqual([]);
    });

    it.each([
      ['holds up its key', true, [1], [2, 0]],
      ['goes to the end of the queue where keys are shared', false, [1, 3], [1, 0]],
    ] as const)('and whose original is gone stays parked: it %s', async (_, sequenced, left, counts) => {
      const of = noting(new Set([2]), sequenced);
      const { log, run, untilConsumed, redrive, letters, parked, notes } = await running(of);
      await produce(log, [entry(1, 'a'), entry(2, 'a', 'x'.repeat(LARGE)), entry(3, 'a')]);
      await untilConsumed();
      const [letter] = await letters();
      const { 'dlq-topic': topic = '', 'dlq-partition': partition, 'dlq-offset': offset } = letter?.headers ?? {};
      await log.admin.deleteRecords([{ topic, partition: Number(partition), offset: Number(offset) + 1 }]);
      await redrive();
      await redrive();
      await stands(() => [notes('a'), parked()], [left, counts[0]]);
      const codes = (await letters()).map(({ headers }) => [headers['dlq-code'], headers['dlq-left-out']]);
      expect(codes).toContainEqual([sequenced ? 'Error' : 'ORIGINAL_GONE', 'value']);
      await redrive('discard');
      await eventually('an empty queue', async () => (await letters()).length === 0);
      await stands(() => [parked(), run.failures], [counts[1], []]);
    });

    it('is not trimmed from its repartition topic while it is parked, also after a restart', async () => {
      const refused = new Set([2, 5]);
      const of = passingOn(refused);
      const options = { trimIntervalMs: 0, commitRecords: 1 };
      const { fixture } = context();
      const first = await running(of, options);
      const kept = async () =>
        (await readTopic(fixture.log, repartitionTopic(of.name, 'by-length')))
          .flat()
          .map(({ value }) => (JSON.parse(String(value)) as { amount: number }).amount);
      await produce(fixture.log, [entry(1, 'a'), entry(2, 'a', 'x'.repeat(LARGEST_STORED)), entry(3, 'a')]);
      await first.untilConsumed();
      await first.run.stop();
      const [letter] = await first.letters();
      expect([letter?.key, letter?.value, letter?.headers['dlq-left-out']]).toEqual([LONG_KEY, null, 'value']);
      const { run, untilConsumed, redrive, notes, parked } = await running(of, options);
      await produce(fixture.log, [entry(4, 'a'), entry(5, 'a', 'x'.repeat(LARGEST_STORED))]);
      await untilConsumed();
      expect(parked()).toBe(2);
      expect(await kept()).toEqual(expect.arrayContaining([2, 5]));
      refused.clear();
      await redrive();
      await eventually('notes', () => (notes('k'.repeat(10)) as number[] | undefined)?.length === 2);
      await stands(() => [notes('k'.repeat(10)), notes('short'), parked()], [[2, 5], [1, 3, 4], 0]);
      await produce(fixture.log, [entry(6, 'a'), entry(7, 'a', 'x'.repeat(LARGEST_STORED))]);
      await untilConsumed();
      await eventually('a trimmed topic', async () => !(await kept()).includes(2));
      expect(run.failures).toEqual([]);
    });
  });
}
