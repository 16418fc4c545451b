import { describe, expect, it } from '@jest/globals';
import { partitionForKey } from '@order-flow/event-log';
import { z } from 'zod';
import { deadLetterTopic, redriveTopic, type Topology } from '../graph.js';
import type { RedriveRequest } from '../redrive.js';
import { requestRedrive } from '../runner.js';
import { topology } from '../topology.js';
import { balanceEvents, BANK_PARTITIONS, entries, entryRecord, produce } from './bank.js';
import { consumed, readTopic } from './bank-audit.js';
import { eventually, gate } from './eventually.js';
import { failingAt, hookedLog, type LogHooks } from './hooked-log.js';
import type { Conformance } from './streams-fixture.js';

const ALL = Array.from({ length: BANK_PARTITIONS }, (_, slice) => slice);

/** Sums amounts; an amount is refused while it stands in `refused`. */
const counter = (refused: ReadonlySet<number>, sequenced: boolean): Topology =>
  topology('counter', (t) => {
    const sums = t.store('sums', z.object({ sum: z.int(), numbers: z.array(z.int()) }));
    t.from(entries, { sequenced })
      .process('sum', { sums }, ({ key, value }, stores) => {
        const { amount } = value.data;
        const before = stores.sums.get(key) ?? { sum: 0, numbers: [] };
        stores.sums.put(key, { sum: before.sum + amount, numbers: [...before.numbers, amount] });
        if (refused.has(amount)) throw new Error(`refused ${amount}`);
        return [{ type: 'BalanceChanged' as const, data: { balance: before.sum + amount, entries: 1 } }];
      })
      .to(balanceEvents);
  });

const amounts = (account: string, ...values: readonly number[]) =>
  values.map((amount) => entryRecord(amount, account, { type: 'Deposited', data: { amount, kind: 'x' } }));

/** Parked records that are run again. */
export function redriveConformance(context: () => Conformance): void {
  describe('a redrive', () => {
    const letters = async (of: Topology) => (await readTopic(context().fixture.log, deadLetterTopic(of.name))).flat();
    const untilConsumed = (of: Topology): Promise<void> =>
      eventually('all inputs consumed', () => consumed(context().fixture.log, { name: of.name, inputs: of.reads }));

    async function running(of: Topology, hooks: LogHooks = {}, state = 'a') {
      const { fixture, begin } = context();
      await fixture.log.admin.ensureTopics(of.internalTopics, { partitions: BANK_PARTITIONS });
      const log = hookedLog(fixture.log, hooks);
      const run = begin({ topology: of, log, state: await fixture.state(state), options: { commitRecords: 2 } });
      const redrive = async (request: RedriveRequest): Promise<void> => {
        await requestRedrive(fixture.log, of, ALL, request);
        await untilConsumed(of);
      };
      const numbers = (account: string) => run.running.query('sums', account) as { numbers: number[] } | undefined;
      const parked = () => run.running.status().slices.reduce((sum, slice) => sum + slice.parked, 0);
      return { run, redrive, numbers, parked };
    }

    it('runs what a failed record held up, in order, and then what comes', async () => {
      const { log } = context().fixture;
      const refused = new Set([3, 13]);
      const of = counter(refused, true);
      const { run, redrive, numbers, parked } = await running(of);
      await produce(log, [...amounts('a', 1, 2, 3, 4, 5), ...amounts('b', 11, 12, 13, 14)]);
      await untilConsumed(of);
      expect([numbers('a')?.numbers, numbers('b')?.numbers, parked()]).toEqual([[1, 2], [11, 12], 5]);
      await redrive({ action: 'redrive' });
      expect([numbers('a')?.numbers, parked()]).toEqual([[1, 2], 5]);
      expect(await letters(of)).toHaveLength(5);
      refused.clear();
      await redrive({ action: 'redrive', topic: entries.name, key: 'a' });
      await produce(log, [...amounts('a', 6), ...amounts('b', 15)]);
      await untilConsumed(of);
      await eventually('sums', () => numbers('a')?.numbers.length === 6);
      expect([numbers('a')?.numbers, numbers('b')?.numbers]).toEqual([
        [1, 2, 3, 4, 5, 6],
        [11, 12],
      ]);
      await redrive({ action: 'redrive' });
      await eventually('sums', () => numbers('b')?.numbers.length === 5);
      expect([numbers('b')?.numbers, parked()]).toEqual([[11, 12, 13, 14, 15], 0]);
      await eventually('an empty queue', async () => (await letters(of)).length === 0);
      await run.stop();
      const outputs = (await readTopic(log, balanceEvents.name)).flat();
      expect(outputs.filter(({ key }) => key === 'a').map(({ timestamp }) => timestamp % 100)).toEqual([
        1, 2, 3, 4, 5, 6,
      ]);
      expect(run.failures).toEqual([]);
    });

    it('stops at the record that fails again', async () => {
      const { log } = context().fixture;
      const refused = new Set([2, 4]);
      const of = counter(refused, true);
      const { run, redrive, numbers, parked } = await running(of);
      await produce(log, amounts('a', 1, 2, 3, 4, 5));
      await untilConsumed(of);
      refused.delete(2);
      await redrive({ action: 'redrive' });
      await eventually('sums', () => numbers('a')?.numbers.length === 3);
      expect([numbers('a')?.numbers, parked()]).toEqual([[1, 2, 3], 2]);
      refused.clear();
      await redrive({ action: 'redrive' });
      await eventually('sums', () => numbers('a')?.numbers.length === 5);
      expect([numbers('a')?.numbers, parked()]).toEqual([[1, 2, 3, 4, 5], 0]);
      await run.stop();
    });

    it('runs all but what fails again where keys are shared', async () => {
      const { log } = context().fixture;
      const refused = new Set([2, 4, 5]);
      const of = counter(refused, false);
      const { run, redrive, numbers, parked } = await running(of);
      await produce(log, amounts('a', 1, 2, 3, 4, 5));
      await untilConsumed(of);
      expect([numbers('a')?.numbers, parked()]).toEqual([[1, 3], 3]);
      refused.delete(2);
      refused.delete(5);
      await redrive({ action: 'redrive' });
      await eventually('sums', () => numbers('a')?.numbers.length === 4);
      expect([numbers('a')?.numbers, parked()]).toEqual([[1, 3, 2, 5], 1]);
      refused.clear();
      await redrive({ action: 'redrive' });
      await eventually('sums', () => numbers('a')?.numbers.length === 5);
      expect([numbers('a')?.numbers, parked()]).toEqual([[1, 3, 2, 5, 4], 0]);
      await run.stop();
    });

    it('that discards lets go of them', async () => {
      const { log } = context().fixture;
      const of = counter(new Set([2]), true);
      const { run, redrive, numbers, parked } = await running(of);
      await produce(log, amounts('a', 1, 2, 3));
      await untilConsumed(of);
      await redrive({ action: 'discard', topic: entries.name, key: 'a' });
      await produce(log, amounts('a', 4));
      await untilConsumed(of);
      await eventually('sums', () => numbers('a')?.numbers.length === 2);
      expect([numbers('a')?.numbers, parked()]).toEqual([[1, 4], 0]);
      await eventually('an empty queue', async () => (await letters(of)).length === 0);
      await run.stop();
    });

    it('runs also what the commit under way parks', async () => {
      const { log } = context().fixture;
      const refused = new Set([1]);
      const of = counter(refused, true);
      const held = gate();
      let begun = 0;
      const hooks: LogHooks = { beforeCommit: () => (++begun === 1 ? held.opened : undefined) };
      const { run, redrive, numbers, parked } = await running(of, hooks);
      await produce(log, amounts('a', 1, 2));
      await eventually('a commit under way', () => begun === 1 && parked() === 2);
      refused.clear();
      const redriven = redrive({ action: 'redrive' });
      await eventually(
        'the request is there',
        async () => (await readTopic(log, redriveTopic(of.name))).flat().length > 0,
      );
      held.open();
      await redriven;
      await eventually('sums', () => numbers('a')?.numbers.length === 2);
      expect([numbers('a')?.numbers, parked()]).toEqual([[1, 2], 0]);
      await run.stop();
    });

    it('parks a request that is none', async () => {
      const { log } = context().fixture;
      const of = counter(new Set(), true);
      const { run } = await running(of);
      const value = Buffer.from('{"action":"explode"}');
      await produce(log, [{ topic: 'counter.redrive', partition: 0, key: null, value, timestamp: 1 }]);
      await produce(log, amounts('a', 1));
      await untilConsumed(of);
      await run.stop();
      expect((await letters(of)).map(({ headers }) => headers['dlq-code'])).toEqual(['BAD_REQUEST']);
      expect(run.failures).toEqual([]);
    });

    it.each([
      ['of one key', () => 'a'],
      ['of many keys', (value: number) => `a${value}`],
    ])('commits in parts also what fails again, %s', async (_, account) => {
      const { fixture } = context();
      const values = Array.from({ length: 20 }, (__, index) => index + 1);
      const of = counter(new Set(values), false);
      const first = await running(of);
      await produce(
        fixture.log,
        values.flatMap((value) => amounts(account(value), value)),
      );
      await untilConsumed(of);
      await first.run.stop();
      let commits = 0;
      const again = await running(of, { beforeCommit: () => commits++ });
      await again.redrive({ action: 'redrive' });
      expect(again.parked()).toBe(20);
      // the last ones of each slice go with its request
      expect(commits).toBeGreaterThanOrEqual(10);
      await again.run.stop();
      const parked = (await letters(of)).map(({ partition, headers }) => `${partition}-${headers['dlq-offset']}`);
      expect(new Set(parked).size).toBe(20);
      expect(parked).toHaveLength(20);
    });

    it('of what its topology does not read leaves stream time where it is', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      const of = topology('counter', (t) => {
        const minutes = t.store('sums', z.int());
        t.from(entries).everyStreamTime('minutely', 60_000, { minutes }, (_, stores) => {
          stores.minutes.put('a', (stores.minutes.get('a') ?? 0) + 1);
          return [];
        });
      });
      await log.admin.ensureTopics(of.internalTopics, { partitions: BANK_PARTITIONS });
      const base = Date.UTC(2026, 0, 1);
      const at = (...seconds: readonly number[]) =>
        amounts('a', ...seconds).map((record, index) => ({
          ...record,
          timestamp: base + (seconds[index] ?? 0) * 1_000,
        }));
      const run = begin({ topology: of, state: await fixture.state('a') });
      await produce(log, at(10, 70));
      await untilConsumed(of);
      const partition = partitionForKey('a', BANK_PARTITIONS);
      const value = Buffer.from('{"action":"explode"}');
      await produce(log, [{ topic: 'counter.redrive', partition, key: null, value, timestamp: 1 }]);
      await untilConsumed(of);
      await requestRedrive(log, of, ALL, { action: 'redrive' });
      await untilConsumed(of);
      await produce(log, at(75));
      await untilConsumed(of);
      await eventually('a minute', () => run.running.query('sums', 'a') !== undefined);
      expect(run.running.query('sums', 'a')).toBe(1);
      await run.stop();
    });

    it.each([
      ['before', 'beforeCommit'],
      ['after', 'afterCommit'],
    ] as const)('that dies %s its commits does everything once', async (_, step) => {
      const { fixture } = context();
      const refused = new Set([1]);
      const of = counter(refused, true);
      const values = Array.from({ length: 9 }, (__, index) => index + 1);
      const first = await running(of);
      await produce(fixture.log, amounts('a', ...values));
      await untilConsumed(of);
      await first.run.stop();
      refused.clear();
      const again = await running(of, { [step]: failingAt(1, 2, 3, 5) });
      await again.redrive({ action: 'redrive' });
      await eventually('sums', () => again.numbers('a')?.numbers.length === 9);
      expect([again.numbers('a')?.numbers, again.parked()]).toEqual([values, 0]);
      expect(again.run.failures.length).toBeGreaterThan(1);
      await again.run.stop();
      expect((await readTopic(fixture.log, balanceEvents.name)).flat()).toHaveLength(9);
    });
  });
}
