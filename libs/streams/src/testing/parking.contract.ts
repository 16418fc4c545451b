import { describe, expect, it } from '@jest/globals';
import type { EventLog, NewRecord } from '@order-flow/event-log';
import { z } from 'zod';
import { changelogTopic, deadLetterTopic, type Topology } from '../graph.js';
import { topology } from '../topology.js';
import { balanceEvents, bank, BANK_PARTITIONS, entries, entryRecord, numberedEntries, produce } from './bank.js';
import { auditBank, consumed, readTopic } from './bank-audit.js';
import { eventually, gate } from './eventually.js';
import { failingAt, hookedLog, type LogHooks } from './hooked-log.js';
import { regroupedLog } from './regrouped-log.js';
import type { Conformance, Run } from './streams-fixture.js';

const deposit = (number: number, account: string, amount = 10): NewRecord =>
  entryRecord(number, account, { type: 'Deposited', data: { amount, kind: 'poison' } });
const garbage = (number: number, account: string): NewRecord => ({
  ...deposit(number, account),
  value: Buffer.from([0xff, 0x00, 0x7b]),
});

/** Counts entries, for shared keys: only what failed is parked. */
const shared = topology('shared', (t) => {
  const counts = t.store('counts', z.int());
  t.from(entries, { sequenced: false }).process('count', { counts }, ({ key, value }, stores) => {
    if (value.data.amount < 0) throw new TypeError('negative amount');
    stores.counts.put(key, (stores.counts.get(key) ?? 0) + 1);
    return [];
  });
});

/** A signal for the first epoch that ends with it, and one for all that follow. */
const once = (first: AbortSignal) => (): AbortSignal => (first.aborted ? new AbortController().signal : first);

async function sixUnreadable(log: EventLog): Promise<void> {
  await log.admin.ensureTopics(shared.internalTopics, { partitions: BANK_PARTITIONS });
  await produce(
    log,
    Array.from({ length: 6 }, (_, number) => garbage(number, 'a')),
  );
}

/** Records that cannot be handled, and state that does not fit. */
export function parkingConformance(context: () => Conformance): void {
  const letters = async (of: Topology) => (await readTopic(context().fixture.log, deadLetterTopic(of.name))).flat();
  const untilConsumed = (of: Topology): Promise<void> =>
    eventually('all inputs consumed', () => consumed(context().fixture.log, of));

  describe('a record that cannot be handled', () => {
    it('is parked with its reason; later ones of its key follow it, others go on, also after a restart', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      const long = 'k'.repeat(5_000);
      await produce(log, [
        deposit(1, 'a'),
        deposit(2, 'b'),
        garbage(3, 'a'),
        deposit(4, 'a'),
        deposit(5, 'b'),
        deposit(6, 'c', -1),
        deposit(7, 'c'),
        garbage(8, long),
        garbage(9, long),
        deposit(10, 'd'),
      ]);
      const run = begin({ state: await fixture.state('a') });
      await untilConsumed(bank);
      await run.stop();
      await produce(log, [deposit(11, 'a'), deposit(12, 'b'), deposit(13, 'c'), deposit(14, 'd')]);
      const again = begin({ state: await fixture.state('a') });
      await untilConsumed(bank);
      await again.stop();
      expect([...run.failures, ...again.failures]).toEqual([]);

      const parked = await letters(bank);
      const reasons = (account: string) =>
        parked
          .filter(({ key }) => key === account)
          .map(({ headers, timestamp }) => [timestamp % 100, headers['dlq-code'], headers['dlq-topic']]);
      expect(reasons('a')).toEqual([
        [3, 'NOT_JSON', entries.name],
        [4, 'KEY_PARKED', entries.name],
        [11, 'KEY_PARKED', entries.name],
      ]);
      expect(reasons('c').map(([number]) => number)).toEqual([6, 7, 13]);
      expect(reasons('c')[0]?.[1]).toBe('Error');
      expect(reasons(long).map(([number]) => number)).toEqual([8, 9]);
      expect(parked).toHaveLength(8);
      const failed = parked.find(({ key }) => key === 'c');
      expect(failed?.headers).toMatchObject({
        'dlq-error': 'negative amount',
        'dlq-partition': String(failed?.partition),
      });
      expect(failed?.headers['dlq-stack']).toContain('Error: negative amount');
      expect(failed?.value).toEqual(deposit(6, 'c', -1).value);
      const followers = parked.filter(({ headers }) => headers['dlq-error']?.includes('earlier record of this key'));
      expect(followers).toHaveLength(5);
      const going = (await readTopic(log, balanceEvents.name)).flat().map(({ key }) => key);
      expect(going.sort()).toEqual(['a', 'b', 'b', 'b', 'd', 'd']);
      await auditBank(log, await fixture.state('a'));
    });

    it('is parked alone where keys are shared', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      await log.admin.ensureTopics(shared.internalTopics, { partitions: BANK_PARTITIONS });
      await produce(log, [deposit(1, 'a'), garbage(2, 'a'), deposit(3, 'a'), deposit(4, 'a', -1), deposit(5, 'a')]);
      const run = begin({ topology: shared, state: await fixture.state('a') });
      await untilConsumed(shared);
      await eventually('three counted', () => run.running.query('counts', 'a') === 3);
      await run.stop();
      const codes = (await letters(shared)).map(({ headers }) => [headers['dlq-offset'], headers['dlq-code']]);
      expect(codes).toEqual([
        ['1', 'NOT_JSON'],
        ['3', 'TypeError'],
      ]);
    });

    it('is parked when its store could not read again what it writes', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      const summing = topology('summing', (t) => {
        const sums = t.store('sums', z.int().max(100));
        t.from(entries, { sequenced: false }).process('sum', { sums }, ({ key, value }, stores) => {
          stores.sums.put(key, (stores.sums.get(key) ?? 0) + value.data.amount);
          return [];
        });
      });
      await log.admin.ensureTopics(summing.internalTopics, { partitions: BANK_PARTITIONS });
      await produce(log, [deposit(1, 'a', 60), deposit(2, 'a', 60), deposit(3, 'a', 30), deposit(4, 'b', 7)]);
      for (let start = 1; start <= 2; start++) {
        const run = begin({ topology: summing, state: await fixture.state('a') });
        await untilConsumed(summing);
        await eventually('sums', () => run.running.query('sums', 'a') === 90 && run.running.query('sums', 'b') === 7);
        await run.stop();
        await produce(log, start === 1 ? [deposit(5, 'a', 11)] : []);
      }
      expect((await letters(summing)).map(({ headers, timestamp }) => [timestamp % 100, headers['dlq-code']])).toEqual([
        [2, 'VALUE_MISFIT'],
        [5, 'VALUE_MISFIT'],
      ]);
    });

    it('makes the topology pause after too many in a row; started again it still does, resumed it goes on', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      await log.admin.ensureTopics(shared.internalTopics, { partitions: BANK_PARTITIONS });
      const options = { deadLettersInARow: 3 };
      const first = begin({ topology: shared, state: await fixture.state('a'), options });
      await produce(log, [...Array.from({ length: 8 }, (_, number) => garbage(number, 'a')), deposit(8, 'a')]);
      await eventually('a pause', () => first.paused.length === 1);
      expect(first.paused[0]).toContain('shared slice');
      expect(await letters(shared)).toHaveLength(3);
      await first.stop();
      const again = begin({ topology: shared, state: await fixture.state('a'), options });
      for (const parked of [3, 6]) {
        await eventually('a pause', () => again.paused.length === parked / 3);
        expect(await letters(shared)).toHaveLength(parked);
        again.running.resume();
      }
      await untilConsumed(shared);
      await again.stop();
      expect(await letters(shared)).toHaveLength(8);
      for (const { error } of again.failures) expect(error).toMatchObject({ code: 'TOO_MANY_DEAD_LETTERS' });
    });
  });

  it('a topology that was let go on counts anew also when it fails before it commits', async () => {
    const { fixture, begin } = context();
    await sixUnreadable(fixture.log);
    const hooks: LogHooks = {};
    const log = hookedLog(fixture.log, hooks);
    const options = { deadLettersInARow: 3 };
    const run = begin({ topology: shared, log, state: await fixture.state('a'), options });
    await eventually('a pause', () => run.paused.length === 1);
    hooks.beforeCommit = failingAt(1);
    run.running.resume();
    await untilConsumed(shared);
    await run.stop();
    expect(run.paused).toHaveLength(1);
    expect(await letters(shared)).toHaveLength(6);
  });

  it('a topology that was let go on counts anew also when its group changes before it commits', async () => {
    const { fixture, begin } = context();
    await sixUnreadable(fixture.log);
    const hooks: LogHooks = {};
    const changed = new AbortController();
    const log = hookedLog(regroupedLog(fixture.log, once(changed.signal)), hooks);
    const run = begin({ topology: shared, log, state: await fixture.state('a'), options: { deadLettersInARow: 3 } });
    await eventually('a pause', () => run.paused.length === 1);
    hooks.beforeCommit = () => {
      delete hooks.beforeCommit;
      changed.abort();
      throw new Error('its group changes');
    };
    run.running.resume();
    await untilConsumed(shared);
    await run.stop();
    expect(run.paused).toHaveLength(1);
    expect(await letters(shared)).toHaveLength(6);
  });

  it('a topology that stands still is let go on also while its group changes', async () => {
    const { fixture, begin } = context();
    await sixUnreadable(fixture.log);
    const changed = new AbortController();
    const again = gate();
    const hooks: LogHooks = {};
    const log = hookedLog(regroupedLog(fixture.log, once(changed.signal)), hooks);
    const run = begin({ topology: shared, log, state: await fixture.state('a'), options: { deadLettersInARow: 3 } });
    await eventually('a pause', () => run.paused.length === 1);
    let opening = false;
    hooks.openWriter = () => {
      opening = true;
      return again.opened;
    };
    changed.abort();
    await eventually('a new instance', () => opening);
    run.running.resume();
    again.open();
    await untilConsumed(shared);
    await run.stop();
    expect(run.paused).toHaveLength(1);
    expect(await letters(shared)).toHaveLength(6);
  });

  describe('state that does not fit', () => {
    const refusedWith = async (run: Run, code: string): Promise<string> => {
      await eventually('a refusal', () => run.failures.length > 0);
      await run.stop();
      expect(run.failures.map(({ error }) => (error as Error & { code?: string }).code)).toContain(code);
      return run.failures[0]?.error.message ?? '';
    };

    it('is refused when the topology has other stores or inputs than it had', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      await produce(log, numberedEntries(0, 20));
      const run = begin({ state: await fixture.state('a') });
      await untilConsumed(bank);
      await run.stop();
      const changed = topology('bank', (t) => {
        t.store('accounts', z.int());
        t.from(entries);
      });
      const refused = begin({ topology: changed, state: await fixture.state('a') });
      expect(await refusedWith(refused, 'CHANGED_TOPOLOGY')).toContain('new name');
    });

    it('is refused when there are committed offsets but no changelog', async () => {
      const { fixture, begin } = context();
      const offsets = [{ topic: entries.name, partition: 1, offset: 1 }];
      await produce(fixture.log, numberedEntries(0, 50));
      await fixture.log.admin.commitOffsets({ group: bank.name, offsets });
      expect(await refusedWith(begin({ state: await fixture.state('a') }), 'STATE_WITHOUT_OFFSETS')).toContain(
        'slice 1',
      );
    });

    const written = (store: string, key: string, value: string): NewRecord => {
      const topic = changelogTopic(bank.name, store);
      return { topic, partition: 2, key, value: Buffer.from(value), timestamp: 1 };
    };

    it('is refused when there is state but no positions', async () => {
      const { fixture, begin } = context();
      await produce(fixture.log, [written('accounts', 'account-0', '{"balance":1,"entries":1}')]);
      expect(await refusedWith(begin({ state: await fixture.state('a') }), 'STATE_WITHOUT_OFFSETS')).toContain(
        'bank.accounts.changelog',
      );
    });

    it('is refused when a changelog ends before what was written to it', async () => {
      const { fixture, begin } = context();
      const positions = {
        offsets: {},
        shape: 'reads bank.by-kind.repartition, entry.events; keeps accounts, kinds',
        changelogs: { 'bank.accounts.changelog': 3 },
      };
      await produce(fixture.log, [written('slice', 'positions', JSON.stringify(positions))]);
      expect(await refusedWith(begin({ state: await fixture.state('a') }), 'POSITION_OUT_OF_RANGE')).toContain(
        'bank.accounts.changelog',
      );
    });

    it('is refused when a position lies outside its topic', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      await produce(log, numberedEntries(0, 60));
      const offsets = [0, 1, 2].map((partition) => ({ topic: entries.name, partition, offset: 3 }));
      const run = begin({ state: await fixture.state('a'), options: { commitRecords: 1 } });
      await untilConsumed(bank);
      await run.stop();
      await produce(log, numberedEntries(60, 120));
      const ends = await log.admin.partitions(entries.name);
      await log.admin.deleteRecords(offsets.map((at) => ({ ...at, offset: ends[at.partition]?.end ?? 0 })));
      const refusal = await refusedWith(begin({ state: await fixture.state('a') }), 'POSITION_OUT_OF_RANGE');
      expect(refusal).toContain(entries.name);
      expect(refusal).toContain('its group (bank) and its local state');
    });

    it('stops the slice, and parks nothing, when a stored value does not fit its schema', async () => {
      const { fixture, begin } = context();
      const { log } = fixture;
      await log.admin.ensureTopics(shared.internalTopics, { partitions: BANK_PARTITIONS });
      await produce(log, [deposit(1, 'a')]);
      const run = begin({ topology: shared, state: await fixture.state('a') });
      await untilConsumed(shared);
      await run.stop();
      const retyped = topology('shared', (t) => {
        const counts = t.store('counts', z.string());
        t.from(entries, { sequenced: false }).process('count', { counts }, ({ key }, stores) => {
          stores.counts.put(key, `${stores.counts.get(key) ?? ''}+`);
          return [];
        });
      });
      await produce(log, [deposit(2, 'a')]);
      const refused = begin({ topology: retyped, state: await fixture.state('a') });
      expect(await refusedWith(refused, 'STATE_UNREADABLE')).toContain('store counts');
      expect(await letters(shared)).toEqual([]);
    });
  });
}
