import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { runTopology } from '../runner.js';
import { topology } from '../topology.js';
import { BANK_PARTITIONS, balanceEvents, entries, entryRecord, produce } from './bank.js';
import { consumed, readTopic } from './bank-audit.js';
import { eventually, gate } from './eventually.js';
import { hookedLog } from './hooked-log.js';
import type { Conformance } from './streams-fixture.js';

const DEADLINE = 60_000;

/** A deposit opens a deadline, a withdrawal is the answer; an unanswered one expires. */
const deadlines = topology('deadlines', (t) => {
  const open = t.store('open', z.number());
  t.from(entries).process('open-or-answer', { open }, ({ key, value, timestamp }, stores) => {
    if (value.type === 'Deposited') stores.open.put(key, timestamp + DEADLINE);
    else stores.open.delete(key);
    return [];
  });
  t.every('expire', 10, { open }, (now, stores) => {
    const due = [...stores.open.range({})].filter(([, at]) => at <= now);
    return due.map(([key]) => {
      stores.open.delete(key);
      const value = { type: 'BalanceChanged' as const, data: { balance: -1, entries: 0 } };
      return { key, value, causationId: `deadline:${key}`, correlationId: key };
    });
  }).to(balanceEvents);
});

const opened = (number: number, key: string) =>
  entryRecord(number, key, { type: 'Deposited', data: { amount: 1, kind: 'x' } });
const answered = (number: number, key: string) =>
  entryRecord(number, key, { type: 'Withdrawn', data: { amount: 1, kind: 'x' } });

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

/** Punctuations on the wall clock. */
export function punctuationConformance(context: () => Conformance): void {
  const expired = async (): Promise<(string | null)[]> =>
    (await readTopic(context().fixture.log, balanceEvents.name))
      .flat()
      .map(({ key }) => key)
      .sort();

  describe('punctuations', () => {
    it('after an outage wait until the answers that lie in the log are read', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      await log.admin.ensureTopics(deadlines.internalTopics, { partitions: BANK_PARTITIONS });
      const keys = Array.from({ length: 40 }, (_, index) => `key-${String(index).padStart(2, '0')}`);
      await produce(log, [...keys.map((key, index) => opened(index, key)), opened(100, 'late')]);
      await produce(
        log,
        keys.map((key, index) => answered(200 + index, key)),
      );
      const slow = hookedLog(log, { batch: () => new Promise((resolve) => setTimeout(resolve, 15)) });
      const options = { commitRecords: 1, bufferRecords: 1 };
      const now = () => START + 10 * DEADLINE;
      const run = begin({ topology: deadlines, log: slow, state: await fixture.state('a'), now, options });
      await eventually('the expiry', async () => (await expired()).length > 0);
      await eventually('all inputs consumed', () => consumed(log, deadlines));
      await run.stop();
      expect(await expired()).toEqual(['late']);
      expect(run.failures).toEqual([]);
    });

    it('are due after a restart, and happen once', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      await log.admin.ensureTopics(deadlines.internalTopics, { partitions: BANK_PARTITIONS });
      await produce(log, [opened(1, 'a'), opened(2, 'b')]);
      let now = START;
      const first = begin({ topology: deadlines, state: await fixture.state('a'), now: () => now });
      await eventually('all inputs consumed', () => consumed(log, deadlines));
      await first.stop();
      expect(await expired()).toEqual([]);
      now += 2 * DEADLINE;
      for (const state of ['a', 'b', 'a']) {
        const again = begin({ topology: deadlines, state: await fixture.state(state), now: () => now });
        await eventually('both expiries', async () => (await expired()).length >= 2);
        await eventually('running', () => again.running.slices().length === BANK_PARTITIONS);
        await again.stop();
      }
      expect(await expired()).toEqual(['a', 'b']);
    });

    it.each([HOUR, -HOUR])('keep their pace when the clock jumps by %i ms', async (jump) => {
      const { fixture, begin } = context();
      const { log } = fixture;
      const interval = 40;
      let ticks = 0;
      const ticking = topology('deadlines', (t) => {
        const open = t.store('open', z.number());
        t.from(entries).process('open', { open }, () => []);
        t.every('tick', interval, { open }, () => {
          ticks++;
          return [];
        });
      });
      await log.admin.ensureTopics(ticking.internalTopics, { partitions: BANK_PARTITIONS });
      let shift = 0;
      const now = () => START + performance.now() + shift;
      const run = begin({ topology: ticking, state: await fixture.state('a'), now });
      await eventually('ticks of all slices', () => ticks >= 3 * BANK_PARTITIONS);
      shift = jump;
      const [jumpedAt, before] = [performance.now(), ticks];
      await eventually('more ticks', () => ticks - before >= 4 * BANK_PARTITIONS);
      const intervals = (performance.now() - jumpedAt) / interval;
      expect(ticks - before).toBeLessThanOrEqual((intervals + 2) * BANK_PARTITIONS);
      await run.stop();
      expect(run.failures).toEqual([]);
    });

    it('that fail are tried again with the records of their cycle, and no reader is left', async () => {
      const { fixture } = context();
      const { log } = fixture;
      let failures = 3;
      const moody = topology('deadlines', (t) => {
        const open = t.store('open', z.number());
        t.from(entries).process('open', { open }, ({ key, timestamp }, stores) => {
          stores.open.put(key, timestamp);
          return [];
        });
        t.every('expire', 10, { open }, (_, stores) => {
          if ([...stores.open.range({})].length > 0 && failures-- > 0) throw new Error('moody');
          return [];
        });
      });
      await log.admin.ensureTopics(moody.internalTopics, { partitions: BANK_PARTITIONS });
      const hooks = { readers: 0 };
      const failed: string[] = [];
      const controller = new AbortController();
      const run = runTopology({
        topology: moody,
        log: hookedLog(log, hooks),
        state: await fixture.state('a'),
        signal: controller.signal,
        observer: { failed: (_, { message }) => failed.push(message) },
      });
      await produce(log, [opened(1, 'a')]);
      await eventually('three failures', () => failed.length === 3);
      await eventually('all inputs consumed', () => consumed(log, moody));
      await eventually('one reader a slice', () => hooks.readers === BANK_PARTITIONS);
      controller.abort();
      await run.done;
      expect(failed).toEqual(['moody', 'moody', 'moody']);
      expect(hooks.readers).toBe(0);
    });

    it('wait for a commit that does not come when they have written as much as one may hold', async () => {
      const { fixture, begin } = context();
      const ticking = topology('deadlines', (t) => {
        const open = t.store('open', z.number());
        t.from(entries).process('open', { open }, () => []);
        t.every('tick', 2, { open }, (now) => {
          const value = { type: 'BalanceChanged' as const, data: { balance: 0, entries: 0 } };
          return [{ key: 'a', value, causationId: `tick:${now}`, correlationId: 'a' }];
        }).to(balanceEvents);
      });
      await fixture.log.admin.ensureTopics(ticking.internalTopics, { partitions: BANK_PARTITIONS });
      const held = gate();
      const sizes: number[] = [];
      const run = begin({
        topology: ticking,
        log: hookedLog(fixture.log, { beforeCommit: () => held.opened }),
        state: await fixture.state('a'),
        observer: { committed: ({ produced }) => void sizes.push(produced) },
        options: { commitRecords: 20 },
      });
      await eventually('running', () => run.running.status().slices.some(({ state }) => state === 'running'));
      await new Promise((resolve) => setTimeout(resolve, 400));
      held.open();
      await eventually('commits', () => sizes.length > 3 * BANK_PARTITIONS);
      await run.stop();
      expect(Math.max(...sizes)).toBeLessThanOrEqual(20);
      expect(run.failures).toEqual([]);
    });

    it('that write what cannot be committed are tried again with growing waits', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      const unfit = topology('deadlines', (t) => {
        const open = t.store('open', z.int());
        t.from(entries).process('open', { open }, () => []);
        t.every('halve', 10, { open }, (_, stores) => {
          stores.open.put('half', 0.5);
          return [];
        });
      });
      await log.admin.ensureTopics(unfit.internalTopics, { partitions: BANK_PARTITIONS });
      const run = begin({ topology: unfit, state: await fixture.state('a') });
      const ofOne = () => run.failures.filter(({ slice }) => slice === 0).map(({ retryInMs }) => retryInMs);
      await eventually('four failures', () => ofOne().length >= 4);
      await run.stop();
      expect(
        ofOne()
          .slice(1)
          .filter((wait) => wait === 0),
      ).toEqual([]);
      expect(run.failures[0]?.error.message).toContain('at half of store open');
    });
  });
}
