import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { parseEvent } from '@order-flow/contracts';
import { partitionForKey } from '@order-flow/event-log';
import { z } from 'zod';
import { TransientError } from '../errors.js';
import { deadLetterTopic, repartitionTopic } from '../graph.js';
import { topology } from '../topology.js';
import {
  balanceEvents,
  bank,
  BANK_PARTITIONS,
  entries,
  entryRecord,
  numberedEntries,
  produce,
  refunds,
} from './bank.js';
import { auditBank, consumed, readTopic } from './bank-audit.js';
import { eventually, gate } from './eventually.js';
import { failingAt, hookedLog, hookedState, type StateHooks } from './hooked-log.js';
import type { Conformance } from './streams-fixture.js';

const deposit = (number: number, account: string, amount = 1) =>
  entryRecord(number, account, { type: 'Deposited', data: { amount, kind: 'x' } });

/** Standing still and going on, asking before fencing, what passes, what is too large, what time leaves behind. */
export function operationConformance(context: () => Conformance): void {
  const untilConsumed = (of = bank): Promise<void> =>
    eventually('all inputs consumed', () => consumed(context().fixture.log, of));

  describe('in operation', () => {
    it('a paused topology keeps its slices and takes nothing; resumed it goes on', async () => {
      const { fixture, begin } = context();
      const run = begin({ state: await fixture.state('a') });
      await produce(fixture.log, numberedEntries(0, 30));
      await untilConsumed();
      run.running.pause();
      await produce(fixture.log, numberedEntries(30, 90));
      const lag = (): number => run.running.status().slices.reduce((sum, slice) => sum + slice.lag, 0);
      await eventually('what waits is seen', () => lag() >= 60);
      expect(run.running.status().paused).toBe(true);
      expect(run.running.slices()).toHaveLength(BANK_PARTITIONS);
      run.running.resume();
      await untilConsumed();
      await run.stop();
      expect(run.failures).toEqual([]);
      await auditBank(fixture.log, await fixture.state('a'));
    });

    it('a topology believes its own positions, for group offsets may expire', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      const first = begin({ state: await fixture.state('a') });
      await produce(log, numberedEntries(0, 60));
      await untilConsumed();
      await first.stop();
      const committed = await log.admin.committed(bank.name);
      await log.admin.commitOffsets({ group: bank.name, offsets: committed.map((at) => ({ ...at, offset: 0 })) });
      const again = begin({ state: await fixture.state('b') });
      await produce(log, numberedEntries(60, 90));
      await untilConsumed();
      await again.stop();
      await auditBank(log, await fixture.state('b'));
    });

    it('a write of local state that fails is noticed without another record, and made up for', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      const hooks: StateHooks = {};
      const run = begin({ log, state: hookedState(await fixture.state('a'), hooks) });
      await produce(log, numberedEntries(0, 30));
      await untilConsumed();
      hooks.beforeCommit = () => {
        throw new Error('no room');
      };
      await produce(log, [deposit(30, 'account-1')]);
      const concerned = ['account-1', 'x'].map((key) => partitionForKey(key, BANK_PARTITIONS));
      expect(new Set(concerned).size).toBe(2);
      await eventually('both slices fail', () =>
        concerned.every((slice) => run.failures.some((failure) => failure.slice === slice)),
      );
      delete hooks.beforeCommit;
      await eventually('all slices run', () => run.running.status().slices.every(({ state }) => state === 'running'));
      await produce(log, numberedEntries(31, 60));
      await untilConsumed();
      await run.stop();
      await auditBank(log, await fixture.state('a'));
    });

    it('writes to stores alone are committed with the next outputs, at the interval, or before a pause', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      let processed = 0;
      const sums = topology('sums', (t) => {
        const totals = t.store('totals', z.int());
        t.from(entries)
          .process('sum', { totals }, ({ key, value }, stores) => {
            const balance = (stores.totals.get(key) ?? 0) + value.data.amount;
            stores.totals.put(key, balance);
            processed++;
            return balance % 10 === 0 ? [{ type: 'BalanceChanged' as const, data: { balance, entries: 1 } }] : [];
          })
          .to(balanceEvents);
      });
      await log.admin.ensureTopics(sums.internalTopics, { partitions: BANK_PARTITIONS });
      const commits: [consumed: number, produced: number][] = [];
      const observer = {
        committed: (of: { consumed: number; produced: number }) => void commits.push([of.consumed, of.produced]),
      };
      const run = begin({
        topology: sums,
        state: await fixture.state('a'),
        observer,
        options: { commitIntervalMs: 60_000 },
      });
      for (const amount of [1, 2, 7, 4]) {
        const before = processed;
        await produce(log, [deposit(before, 'a', amount)]);
        await eventually('it is processed', () => processed > before);
      }
      run.running.pause();
      await eventually('all is committed', () => commits.length === 2);
      expect(commits).toEqual([
        [3, 1],
        [1, 0],
      ]);
      await run.stop();
      const soon = begin({
        topology: sums,
        state: await fixture.state('a'),
        observer,
        options: { commitIntervalMs: 50 },
      });
      await produce(log, [deposit(processed, 'a', 1)]);
      await eventually('it is committed without any outputs', () => commits.length === 3);
      await soon.stop();
    });

    it('goes on while a commit is under way; what it does meanwhile shows with the next, which waits for the first', async () => {
      const { fixture, begin } = context();
      const first = gate();
      let begun = 0;
      const commits: number[] = [];
      let processed = 0;
      const sums = topology('sums', (t) => {
        t.from(entries)
          .process('sum', { totals: t.store('totals', z.int()) }, ({ key, value }, stores) => {
            const balance = (stores.totals.get(key) ?? 0) + value.data.amount;
            stores.totals.put(key, balance);
            processed++;
            return [{ type: 'BalanceChanged' as const, data: { balance, entries: processed } }];
          })
          .to(balanceEvents);
      });
      await fixture.log.admin.ensureTopics(sums.internalTopics, { partitions: BANK_PARTITIONS });
      const log = hookedLog(fixture.log, { beforeCommit: () => (++begun === 1 ? first.opened : undefined) });
      const observer = { committed: ({ consumed }: { consumed: number }) => void commits.push(consumed) };
      const run = begin({ topology: sums, log, state: await fixture.state('a'), observer });
      const total = (): unknown => run.running.query('totals', 'a');
      await produce(fixture.log, [deposit(0, 'a', 1)]);
      await eventually('a commit is under way', () => begun === 1);
      await produce(
        fixture.log,
        [1, 2, 3].map((id) => deposit(id, 'a', 10)),
      );
      await eventually('more is processed', () => processed === 4);
      expect([begun, commits, total()]).toEqual([1, [], undefined]);
      first.open();
      await eventually('all is committed', () => commits.length === 2);
      expect([begun, commits, total()]).toEqual([2, [1, 3], 31]);
      await run.stop();
    });

    it('what is committed while local state is written is not taken for written', async () => {
      const { fixture, begin } = context();
      const sums = topology('sums', (t) => {
        t.from(entries)
          .process('sum', { totals: t.store('totals', z.int()) }, ({ key, value }, stores) => {
            const balance = (stores.totals.get(key) ?? 0) + value.data.amount;
            stores.totals.put(key, balance);
            return [{ type: 'BalanceChanged' as const, data: { balance, entries: 1 } }];
          })
          .to(balanceEvents);
      });
      await fixture.log.admin.ensureTopics(sums.internalTopics, { partitions: BANK_PARTITIONS });
      const hooks: StateHooks = {};
      const state = hookedState(await fixture.state('a'), hooks);
      const run = begin({ topology: sums, state, options: { cacheEntries: 1 } });
      const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`).filter(
        (key) => partitionForKey(key, BANK_PARTITIONS) === 0,
      );
      const totals = (): unknown[] => keys.map((key) => run.running.query('totals', key));
      const all = (total: number): unknown[] => keys.map(() => total);
      const book = (amount: number): Promise<void> =>
        produce(
          fixture.log,
          keys.map((key, index) => deposit(index, key, amount)),
        );
      await eventually('running', () => run.running.status().slices.some(({ state: of }) => of === 'running'));
      const held = gate();
      let writing = false;
      await book(1);
      await eventually('it is committed', () => isDeepStrictEqual(totals(), all(1)));
      hooks.afterCommit = () => {
        writing = true;
        return held.opened;
      };
      await eventually('local state is written', () => writing);
      await book(10);
      await untilConsumed(sums);
      delete hooks.afterCommit;
      held.open();
      await delay(50);
      await eventually('it is committed', () => isDeepStrictEqual(totals(), all(11)), { within: 500, detail: totals });
      await run.stop();
      expect(run.failures).toEqual([]);
    });

    it('a paused topology stops when it is told to', async () => {
      const { fixture, begin } = context();
      const run = begin({ state: await fixture.state('a') });
      await eventually('slices', () => run.running.slices().length === BANK_PARTITIONS);
      run.running.pause();
      await produce(fixture.log, numberedEntries(0, 10));
      await run.stop();
      const again = begin({ state: await fixture.state('a') });
      await untilConsumed();
      await again.stop();
      await auditBank(fixture.log, await fixture.state('a'));
    });

    it('after a failure a slice asks its group before it fences anybody', async () => {
      const { fixture, begin } = context();
      const steps: string[] = [];
      const log = hookedLog(fixture.log, {
        beforeCommit: failingAt(2),
        openWriter: (id) => steps.push(`open ${id}`),
        confirm: () => steps.push('confirm'),
      });
      const run = begin({ log, state: await fixture.state('a') });
      await produce(fixture.log, numberedEntries(0, 60));
      await untilConsumed();
      await run.stop();
      expect(run.failures).toHaveLength(1);
      const failed = `open bank-${run.failures[0]?.slice}`;
      expect(steps.slice(steps.indexOf('confirm'))).toEqual(['confirm', failed]);
      await auditBank(fixture.log, await fixture.state('a'));
    });

    it.each([
      { what: 'fits the buffer', count: 40, options: {} },
      { what: 'is far more than the buffer holds', count: 600, options: { bufferRecords: 10 } },
    ])('what was there before the start is taken by time over all topics when it $what', async ({ count, options }) => {
      const { fixture, begin } = context();
      const { log } = fixture;
      const seen: number[] = [];
      const ordered = topology('ordered', (t) => {
        const last = t.store('last', z.int());
        for (const source of [entries, refunds])
          t.from(source).process(`see-${source.name}`, { last }, ({ key, timestamp }, stores) => {
            stores.last.put(key, timestamp);
            seen.push(timestamp);
            return [];
          });
      });
      await log.admin.ensureTopics([refunds, ...ordered.internalTopics], { partitions: BANK_PARTITIONS });
      const records = Array.from({ length: count }, (_, number) => deposit(number, 'a'));
      const [early, late] = [records.slice(0, count / 2), records.slice(count / 2)];
      await produce(log, [...late, ...early.map((record) => ({ ...record, topic: refunds.name }))]);
      const run = begin({ topology: ordered, state: await fixture.state('a'), options });
      await untilConsumed(ordered);
      await run.stop();
      expect(seen).toEqual(records.map(({ timestamp }) => timestamp));
    });

    it('what will pass is tried again: nothing is parked, nothing overtakes', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      let refusals = 3;
      const moody = topology('moody', (t) => {
        const counts = t.store('counts', z.int());
        t.from(entries)
          .process('count', { counts }, ({ key, value }, stores) => {
            if (value.data.amount === 7 && refusals-- > 0) throw new TransientError('not now');
            const entries = (stores.counts.get(key) ?? 0) + 1;
            stores.counts.put(key, entries);
            return [{ type: 'BalanceChanged' as const, data: { balance: value.data.amount, entries } }];
          })
          .to(balanceEvents);
      });
      await log.admin.ensureTopics(moody.internalTopics, { partitions: BANK_PARTITIONS });
      await produce(
        log,
        [1, 7, 3, 4].map((amount) => deposit(amount, 'a', amount)),
      );
      const run = begin({ topology: moody, state: await fixture.state('a') });
      await untilConsumed(moody);
      await run.stop();
      expect(run.failures.map(({ error }) => error.name)).toEqual(Array(3).fill('TransientError'));
      const outputs = (await readTopic(log, balanceEvents.name)).flat();
      expect(outputs.map(({ value }) => parseEvent(balanceEvents, JSON.parse((value ?? '').toString())).data)).toEqual([
        { balance: 1, entries: 1 },
        { balance: 7, entries: 2 },
        { balance: 3, entries: 3 },
        { balance: 4, entries: 4 },
      ]);
      expect((await readTopic(log, deadLetterTopic('moody'))).flat()).toEqual([]);
    });

    it('a record that makes an output or a state too large is parked, and no other', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      const growing = topology('growing', (t) => {
        const texts = t.store('texts', z.string());
        t.from(entries, { sequenced: false })
          .process('grow', { texts }, ({ key, value }, stores) => {
            const { amount } = value.data;
            stores.texts.put(key, (stores.texts.get(key) ?? '') + 'x'.repeat(amount));
            return amount === 900_000 ? [] : [{ kind: 'y'.repeat(amount === 3 ? 1_100_000 : 1), amount }];
          })
          .repartition('large', { schema: z.object({ kind: z.string(), amount: z.int() }), key: () => 'one' });
      });
      await log.admin.ensureTopics(growing.internalTopics, { partitions: BANK_PARTITIONS });
      const sizes = [1, 900_000, 2, 900_000, 3, 4];
      await produce(
        log,
        sizes.map((amount, number) => deposit(number, 'a', amount)),
      );
      const run = begin({ topology: growing, state: await fixture.state('a') });
      await untilConsumed(growing);
      await eventually('all but two', () => String(run.running.query('texts', 'a')).length === 900_007);
      await run.stop();
      const letters = (await readTopic(log, deadLetterTopic('growing'))).flat();
      expect(letters.map(({ headers }) => [headers['dlq-offset'], headers['dlq-code']])).toEqual([
        ['3', 'VALUE_TOO_LARGE'],
        ['4', 'VALUE_TOO_LARGE'],
      ]);
    });

    it('repartition records that are consumed are deleted', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      const run = begin({ state: await fixture.state('a'), options: { trimIntervalMs: 0 } });
      const movements = repartitionTopic(bank.name, 'by-kind');
      const left = async (): Promise<number> =>
        (await log.admin.partitions(movements)).reduce((sum, { begin: from, end }) => sum + end - from, 0);
      for (let part = 0; part < 5; part++) {
        await produce(log, numberedEntries(part * 20, part * 20 + 20));
        await untilConsumed();
      }
      await produce(log, numberedEntries(100, 110));
      await eventually('few left', async () => (await left()) < 60);
      await untilConsumed();
      await run.stop();
      expect(run.failures).toEqual([]);
      const again = begin({ state: await fixture.state('b') });
      await produce(log, numberedEntries(110, 120));
      await untilConsumed();
      await again.stop();
      expect(again.failures).toEqual([]);
      expect((await readTopic(log, balanceEvents.name)).flat()).toHaveLength(120);
    });

    it('a record that is parked for what it wrote does not carry stream time on', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      const halving = topology('halving', (t) => {
        const halves = t.store('halves', z.int());
        const times = t.store('times', z.int());
        const source = t.from(entries, { sequenced: false });
        source.process('halve', { halves }, ({ value }, stores) => {
          stores.halves.put(String(value.data.amount), value.data.amount / 2);
          return [];
        });
        source.everyStreamTime('minutely', 60_000, { times }, (now, stores) => {
          stores.times.put('a', now);
          return [];
        });
      });
      await log.admin.ensureTopics(halving.internalTopics, { partitions: BANK_PARTITIONS });
      const base = Date.UTC(2026, 0, 1);
      const at = (second: number, amount: number) => ({
        ...deposit(second, 'a', amount),
        timestamp: base + second * 1_000,
      });
      await produce(log, [at(10, 2), at(70, 3), at(75, 4)]);
      const run = begin({ topology: halving, state: await fixture.state('a') });
      await untilConsumed(halving);
      await eventually('the minute', () => run.running.query('times', 'a') === base + 75_000);
      await run.stop();
      expect((await readTopic(log, deadLetterTopic('halving'))).flat()).toHaveLength(1);
    });

    it('stream time and due punctuations outlive a restart', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      const fired: string[] = [];
      const timed = topology('timed', (t) => {
        const last = t.store('last', z.number());
        const source = t.from(entries);
        source.everyStreamTime('minutely', 60_000, { last }, (now, stores) => {
          fired.push(`stream ${now}`);
          stores.last.put('at', now);
          return [];
        });
        t.every('hourly', 3_600_000, {}, (now) => {
          fired.push(`clock ${now}`);
          return [];
        });
      });
      await log.admin.ensureTopics(timed.internalTopics, { partitions: BANK_PARTITIONS });
      const base = Date.UTC(2026, 0, 1);
      const at = (milliseconds: number) => ({ ...deposit(milliseconds, 'a'), timestamp: base + milliseconds });
      let now = base;
      const clocks = (): string[] => fired.filter((what) => what.startsWith('clock'));
      const phase = async (state: string, ...times: readonly number[]): Promise<void> => {
        await produce(log, times.map(at));
        const run = begin({ topology: timed, state: await fixture.state(state), now: () => now });
        await untilConsumed(timed);
        await eventually('the hour', () => clocks().includes(`clock ${now}`));
        await run.stop();
      };
      await phase('a', 10_000, 50_000);
      expect(fired.filter((what) => what.startsWith('stream'))).toEqual([]);
      await phase('b', 40_000, 70_000);
      expect(fired.filter((what) => what.startsWith('stream'))).toEqual([`stream ${base + 70_000}`]);
      await phase('c', 80_000, 90_000);
      expect(new Set(clocks())).toEqual(new Set([`clock ${base}`]));
      now += 3_600_000;
      await phase('c', 95_000);
      expect(new Set(clocks())).toEqual(new Set([`clock ${base}`, `clock ${now}`]));
      expect(fired.filter((what) => what.startsWith('stream'))).toHaveLength(1);
    });
  });
}
