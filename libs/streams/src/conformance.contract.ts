import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type EventLog, partitionForKey } from '@order-flow/event-log';
import { changelogTopic } from './graph.js';
import type { TopologyObserver } from './observer.js';
import { runTopology, type TopologyRun } from './runner.js';
import type { SliceOptions } from './slice-context.js';
import type { StateBackend } from './state.js';
import { bank, BANK_PARTITIONS, bankTopics, entryRecord, numberedEntries, produce } from './testing/bank.js';
import { auditBank, consumed, readTopic } from './testing/bank-audit.js';
import { eventually, gate } from './testing/eventually.js';
import {
  type Failing,
  failingAt,
  hookedLog,
  hookedState,
  type LogHooks,
  type StateHooks,
} from './testing/hooked-log.js';
import { largeLettersConformance } from './testing/large-letters.contract.js';
import { operationConformance } from './testing/operation.contract.js';
import { parkingConformance } from './testing/parking.contract.js';
import { punctuationConformance } from './testing/punctuation.contract.js';
import { redriveConformance } from './testing/redrive.contract.js';
import type { Run, StreamsFixture } from './testing/streams-fixture.js';
import { upheavalConformance } from './testing/upheaval.contract.js';

export type { Run, StreamsFixture } from './testing/streams-fixture.js';

const SMALL: Partial<SliceOptions> = { commitRecords: 7, commitIntervalMs: 20, bufferRecords: 50 };

type FailingState = Partial<Record<keyof StateHooks, Failing>>;
type Fault = [what: string, LogHooks, FailingState];

/** Runs a topology with small commits, noting failures. */
export function start(run: Omit<TopologyRun, 'signal'>): Run {
  const controller = new AbortController();
  const failures: { slice: number; error: Error; retryInMs: number }[] = [];
  const paused: string[] = [];
  const restored = new Map<number, number>();
  const observer: TopologyObserver = {
    ...run.observer,
    failed: (slice, error, retryInMs) => void failures.push({ slice, error, retryInMs }),
    paused: (_, reason) => void paused.push(reason),
    restoring: (slice, records) => void restored.set(slice, records),
  };
  const options = { ...SMALL, ...run.options };
  const running = runTopology({ ...run, options, observer, signal: controller.signal });
  return {
    running,
    failures,
    paused,
    restored: () => [...restored.values()].reduce((sum, records) => sum + records, 0),
    stop: () => {
      controller.abort();
      return running.done;
    },
  };
}

/** What every backend of the streams runtime must keep: exactly once, restoring, sharing, punctuations, dead letters. */
export function streamsConformance(name: string, open: () => Promise<StreamsFixture>): void {
  describe(`streams on ${name}`, () => {
    let fixture: StreamsFixture;
    let log: EventLog;
    const runs: Run[] = [];

    beforeEach(async () => {
      fixture = await open();
      ({ log } = fixture);
      await log.admin.ensureTopics(bankTopics, { partitions: BANK_PARTITIONS });
    });
    afterEach(async () => {
      await Promise.allSettled(runs.splice(0).map((run) => run.stop()));
      await fixture.close();
    });

    const begin = (run: Partial<Omit<TopologyRun, 'signal'>> & { readonly state: StateBackend }): Run => {
      const started = start({ topology: bank, log, ...run });
      runs.push(started);
      return started;
    };
    const untilConsumed = (run?: Run): Promise<void> =>
      eventually('all inputs consumed', () => consumed(log, bank), {
        detail: () => run?.failures.map(({ error }) => error.message),
      });
    const booked = async (from: number, to: number): Promise<void> => produce(log, numberedEntries(from, to));

    describe('exactly once', () => {
      it('gives what a fold over the inputs gives, in order', async () => {
        await booked(0, 60);
        const run = begin({ state: await fixture.state('a') });
        await untilConsumed(run);
        await booked(60, 150);
        await untilConsumed(run);
        await run.stop();
        expect(run.failures).toEqual([]);
        await auditBank(log, await fixture.state('a'));
      });

      const logFaults: [string, LogHooks][] = [
        ['opening the writer', { openWriter: failingAt(1, 2, 4) }],
        ['restoring', { restore: failingAt(1) }],
        ['the first read', { read: failingAt(1) }],
        ['a later batch', { batch: failingAt(2, 3) }],
        ['the first commit', { beforeCommit: failingAt(1) }],
        ['later commits', { beforeCommit: failingAt(3, 5, 6, 11) }],
        ['the answer to the first commit', { afterCommit: failingAt(1) }],
        ['the answers to later commits', { afterCommit: failingAt(2, 4, 5, 9) }],
        ['everything', { openWriter: failingAt(3), beforeCommit: failingAt(2, 7), afterCommit: failingAt(3, 5) }],
      ];
      // Local state is written when a slice is restored, and then now and then.
      const stateFaults: [string, FailingState][] = [
        ['the first write of local state', { beforeCommit: failingAt(1) }],
        ['later writes of local state', { beforeCommit: failingAt(2, 3, BANK_PARTITIONS + 3) }],
        ['the answers of local state', { afterCommit: failingAt(2, 3, BANK_PARTITIONS + 3) }],
        ['reading local state', { get: failingAt(2, 3, 5) }],
      ];
      const faults = [
        ...logFaults.map(([what, hooks]): Fault => [what, hooks, {}]),
        ...stateFaults.map(([what, hooks]): Fault => [what, {}, hooks]),
      ];
      it.each<Fault>(faults)('survives failures of %s', async (_, logHooks, stateHooks) => {
        await booked(0, 60);
        if (logHooks.restore) {
          const before = begin({ state: await fixture.state('before') });
          await untilConsumed(before);
          await before.stop();
        }
        const state = hookedState(await fixture.state('a'), stateHooks);
        const run = begin({ log: hookedLog(log, logHooks), state });
        await untilConsumed(run);
        await eventually('what is to fail', () => Object.values(stateHooks).every((hook) => hook.exhausted));
        await booked(60, 120);
        await untilConsumed(run);
        await run.stop();
        expect(run.failures.length).toBeGreaterThan(0);
        for (const { error } of run.failures) expect(String(error)).toMatch(/injected|WRITER_SPENT|FENCED/);
        await auditBank(log, await fixture.state('a'));
        expect(logHooks.readers ?? 0).toBe(0);
      });

      it('is fenced by a writer of the same id, takes the slice back, and nothing happens twice', async () => {
        const run = begin({ state: await fixture.state('a') });
        for (let round = 0; round < 4; round++) {
          const foreign = await log.openWriter(`bank-${round % BANK_PARTITIONS}`);
          await booked(round * 30, round * 30 + 30);
          await untilConsumed(run);
          await expect(foreign.commit({ records: numberedEntries(900, 901) })).rejects.toMatchObject({
            code: 'FENCED',
          });
        }
        await run.stop();
        expect(run.failures.length).toBeGreaterThan(0);
        for (const { error } of run.failures) expect(error).toMatchObject({ code: 'FENCED' });
        await auditBank(log, await fixture.state('a'));
      });

      it('stops at any moment without losing or repeating anything', async () => {
        await booked(0, 200);
        for (let stopAfter = 1; stopAfter <= 6; stopAfter++) {
          let commits = 0;
          const reached = gate();
          const hooks: LogHooks = {
            afterCommit: () => {
              if (++commits === stopAfter) reached.open();
            },
          };
          const run = begin({ log: hookedLog(log, hooks), state: await fixture.state('a') });
          await reached.opened;
          await run.stop();
          expect(run.failures).toEqual([]);
        }
        const last = begin({ state: await fixture.state('a') });
        await untilConsumed(last);
        await last.stop();
        await auditBank(log, await fixture.state('a'));
      });
    });

    describe('a failing slice', () => {
      it('leaves no reader behind, whether or not records come', async () => {
        const hooks: LogHooks = {};
        const run = begin({ log: hookedLog(log, hooks), state: await fixture.state('a') });
        await booked(0, 30);
        await untilConsumed(run);
        hooks.beforeCommit = failingAt(1, 2, 3, 4);
        await booked(30, 60);
        await untilConsumed(run);
        expect(run.failures.length).toBe(4);
        expect(hooks.readers).toBe(BANK_PARTITIONS);
        await run.stop();
        expect(hooks.readers).toBe(0);
      });

      it('stops at once while it waits to start again', async () => {
        const broken = hookedLog(log, {
          openWriter: () => {
            throw new Error('never opens');
          },
        });
        const run = begin({ log: broken, state: await fixture.state('a') });
        await eventually('a long back-off', () => run.failures.some(({ retryInMs }) => retryInMs > 500));
        const stoppedAt = performance.now();
        await run.stop();
        expect(performance.now() - stoppedAt).toBeLessThan(250);
      });
    });

    describe('local state', () => {
      const phase = async (state: string, from: number, to: number): Promise<Run> => {
        await booked(from, to);
        const run = begin({ state: await fixture.state(state) });
        await untilConsumed(run);
        await run.stop();
        return run;
      };

      it('is used again where it is current', async () => {
        await phase('a', 0, 60);
        const run = await phase('a', 60, 100);
        expect(run.restored()).toBe(0);
        await auditBank(log, await fixture.state('a'));
      });

      it('is restored from the changelogs when it is gone', async () => {
        await phase('a', 0, 60);
        const run = await phase('b', 60, 100);
        expect(run.restored()).toBeGreaterThan(0);
        await auditBank(log, await fixture.state('b'));
      });

      it('is brought up to the changelogs when it is older', async () => {
        await phase('a', 0, 60);
        const whole = await phase('b', 60, 140);
        const difference = await phase('a', 140, 180);
        expect(difference.restored()).toBeGreaterThan(0);
        expect(whole.restored()).toBeGreaterThan(0);
        await auditBank(log, await fixture.state('a'));
      });

      const spoilt: [string, (meta: { identity: string; lastOwnedAt: number; offset: number }) => typeof meta][] = [
        ['of another log', (meta) => ({ ...meta, identity: 'another' })],
        ['owned too long ago', (meta) => ({ ...meta, lastOwnedAt: Date.now() - 13 * 3_600_000 })],
        ['ahead of its changelog', (meta) => ({ ...meta, offset: 100_000 })],
      ];
      it.each(spoilt)('is restored anew when it is %s', async (_, spoil) => {
        await phase('a', 0, 60);
        const state = await fixture.state('a');
        for (let number = 0; number < BANK_PARTITIONS; number++) {
          const slice = state.slice(bank.name, number);
          const meta = slice.meta()!;
          const accounts = changelogTopic(bank.name, 'accounts');
          const { identity, lastOwnedAt, offset } = spoil({
            identity: meta.identity,
            lastOwnedAt: meta.lastOwnedAt,
            offset: meta.offsets[accounts] ?? 0,
          });
          const junk = new Map([
            ['account-0', Buffer.from('{"balance":1000000,"entries":1}')],
            ['nobody', Buffer.from('{"balance":5,"entries":1}')],
          ]);
          const offsets = { ...meta.offsets, [accounts]: offset };
          await slice.commit(new Map([['accounts', junk]]), { identity, lastOwnedAt, offsets });
        }
        const run = await phase('a', 60, 100);
        expect(run.restored()).toBeGreaterThan(0);
        await auditBank(log, await fixture.state('a'));
      });

      it('does not run when its restore was interrupted, and is right afterwards', async () => {
        await phase('a', 0, 60);
        const interrupted = new AbortController();
        const hooks: LogHooks = { restore: () => interrupted.abort() };
        const state = await fixture.state('b');
        const ran: number[] = [];
        await runTopology({
          topology: bank,
          log: hookedLog(log, hooks),
          state,
          signal: interrupted.signal,
          observer: { running: (slice) => ran.push(slice) },
        }).done;
        expect(ran).toEqual([]);
        await phase('b', 60, 100);
        await auditBank(log, await fixture.state('b'));
      });

      it('answers queries with what is committed, and nothing before it is restored', async () => {
        await phase('a', 0, 60);
        const early: unknown[] = [];
        const hooks: LogHooks = {
          restore: ([from]) => {
            const names = Array.from({ length: 7 }, (_, account) => `account-${account}`);
            const restoring = names.filter((key) => partitionForKey(key, BANK_PARTITIONS) === from?.partition);
            for (const key of restoring) early.push(run.running.query('accounts', key));
          },
        };
        await booked(60, 130);
        const run: Run = begin({ log: hookedLog(log, hooks), state: await fixture.state('b') });
        await untilConsumed(run);
        expect(early.length).toBeGreaterThan(0);
        expect(early.every((value) => value === undefined)).toBe(true);
        const accounts = Array.from({ length: 7 }, (_, account) => `account-${account}`);
        const changelog = (await readTopic(log, changelogTopic(bank.name, 'accounts'))).flat();
        const latest = accounts.map((account) => {
          const value = changelog.findLast(({ key }) => key === account)?.value;
          return value ? (JSON.parse(value.toString()) as unknown) : undefined;
        });
        const held = (): unknown[] => accounts.map((account) => run.running.query('accounts', account));
        await eventually('what is committed', () => isDeepStrictEqual(held(), latest), { detail: held });
        await run.stop();
        await auditBank(log, await fixture.state('b'));
      });
    });

    describe('members of one group', () => {
      it('share slices; when one leaves, the other goes on from its state', async () => {
        const first = begin({ state: await fixture.state('a') });
        await eventually('all slices owned', () => first.running.slices().length === BANK_PARTITIONS);
        await booked(0, 60);
        const second = begin({ state: await fixture.state('b') });
        await eventually('shared slices', () => {
          const [mine, theirs] = [first.running.slices().length, second.running.slices().length];
          return mine > 0 && theirs > 0 && mine + theirs === BANK_PARTITIONS;
        });
        await booked(60, 120);
        await untilConsumed(second);
        await booked(120, 180);
        await first.stop();
        await eventually('all slices taken over', () => second.running.slices().length === BANK_PARTITIONS);
        await booked(180, 240);
        await untilConsumed(second);
        await second.stop();
        await auditBank(log, await fixture.state('b'));
      });
    });

    describe('back-pressure', () => {
      it('bounds what is read ahead of a commit that does not come', async () => {
        const commits = gate();
        let read = 0;
        let waiting = 0;
        const hooks: LogHooks = {
          beforeCommit: () => {
            waiting++;
            return commits.opened;
          },
          batch: ({ records }) => (read += records.length),
        };
        for (let part = 0; part < 6; part++) {
          const same = Array.from({ length: 2_000 }, (_, index) =>
            entryRecord(part * 2_000 + index, 'account-0', { type: 'Deposited', data: { amount: 1, kind: 'x' } }),
          );
          await produce(log, same);
        }
        const options = { commitRecords: 500, bufferRecords: 50, commitIntervalMs: 1_000 };
        const run = begin({ log: hookedLog(log, hooks), state: await fixture.state('a'), options });
        await eventually('a waiting commit', () => waiting > 0 && read >= 1_000);
        for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
        expect(read).toBeLessThanOrEqual(3_000);
        commits.open();
        await untilConsumed(run);
        await run.stop();
        await auditBank(log, await fixture.state('a'));
      });
    });

    parkingConformance(() => ({ fixture, begin }));
    punctuationConformance(() => ({ fixture, begin }));
    redriveConformance(() => ({ fixture, begin }));

    largeLettersConformance(() => ({ fixture, begin }));
    operationConformance(() => ({ fixture, begin }));
    upheavalConformance(() => ({ fixture, begin }));
  });
}
