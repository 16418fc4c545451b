import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { pick, seededRandom } from '@order-flow/service-kit/testing';
import { changelogTopic } from '../graph.js';
import { requestRedrive, type RunningTopology } from '../runner.js';
import { balanceEvents, BANK_PARTITIONS, entries, kindEvents, produce, refunds } from './bank.js';
import { consumed } from './bank-audit.js';
import { eventually } from './eventually.js';
import { hookedLog, hookedState, type LogHooks, type StateHooks } from './hooked-log.js';
import { amountRecord, auditLedger, ledger, Troubles } from './ledger.js';
import { regroupedLog } from './regrouped-log.js';
import type { Conformance } from './streams-fixture.js';

const ACCOUNTS = ['a', 'b', 'c', 'd', 'any-a', 'any-b', 'any-c'];
const SLICES = Array.from({ length: BANK_PARTITIONS }, (_, slice) => slice);
const ROUNDS = Number(process.env['UPHEAVAL_ROUNDS'] ?? 150);

/** Commits and writes of local state that take their time, and fail now and then, until it is calm. */
class Upheaval {
  calm = false;
  /** What must not have happened. */
  readonly wrongs = new Set<string>();
  /** Values that were committed to a store, as text, by key. */
  readonly committed = new Map<string, Set<string>>();
  readonly #underWay = new Set<string>();
  readonly #failed = new Set<string>();

  constructor(private readonly random: () => number) {}

  happens(probability: number): boolean {
    return !this.calm && this.random() < probability;
  }

  log(store: string): LogHooks {
    return {
      openWriter: (id) => {
        if (this.#underWay.has(id) && !this.#failed.has(id))
          this.wrongs.add(`${id} opened while a commit is under way`);
        this.#underWay.delete(id);
        this.#failed.delete(id);
        if (this.happens(0.05)) throw new Error('injected');
      },
      beforeCommit: async (id) => {
        if (this.#failed.has(id)) this.wrongs.add(`${id} commits after a commit that failed`);
        if (this.#underWay.has(id)) this.wrongs.add(`${id} has two commits under way`);
        this.#underWay.add(id);
        await this.#step(20, () => this.#failed.add(id));
      },
      committed: (records) => {
        for (const { topic, key, value } of records) {
          if (topic !== store) continue;
          const known = this.committed.get(key ?? '') ?? new Set();
          this.committed.set(key ?? '', known.add((value ?? '').toString()));
        }
      },
      afterCommit: async (id) => {
        await this.#step(20, () => this.#failed.add(id));
        this.#underWay.delete(id);
      },
    };
  }

  readonly state: StateHooks = { beforeCommit: () => this.#step(200), afterCommit: () => this.#step(200) };

  async #step(longest: number, failed?: () => void): Promise<void> {
    if (this.happens(0.6)) await delay(this.random() * longest);
    if (!this.happens(0.02)) return;
    failed?.();
    throw new Error('injected');
  }
}

/** Everything that can get in the way of everything, at once. */
export function upheavalConformance(context: () => Conformance): void {
  it('whatever comes together, nothing is lost, doubled, out of order, or seen before it is committed', async () => {
    const { fixture, begin } = context();
    const seed = Number(process.env['UPHEAVAL_SEED'] ?? Math.floor(Math.random() * 1e9));
    process.stdout.write(`upheaval test of the streams runtime, UPHEAVAL_SEED=${seed}\n`);
    const random = seededRandom(seed);
    const upheaval = new Upheaval(random);
    const troubles = new Troubles();
    const { refused, unfit, moody } = troubles;
    const of = ledger(troubles);
    await fixture.log.admin.ensureTopics([entries, refunds, balanceEvents, kindEvents, ...of.internalTopics], {
      partitions: BANK_PARTITIONS,
    });
    const change = (): AbortSignal => {
      const changed = new AbortController();
      setTimeout(() => !upheaval.calm && changed.abort(), 100 + random() * 900).unref();
      return changed.signal;
    };
    const hooks = upheaval.log(changelogTopic(of.name, 'sums'));
    const run = begin({
      topology: of,
      log: hookedLog(regroupedLog(fixture.log, change), hooks),
      state: hookedState(await fixture.state('a'), upheaval.state),
      options: { bufferRecords: 40, deadLettersInARow: 4, trimIntervalMs: 20, cacheEntries: 1 },
    });
    const { running } = run;
    const resuming = setInterval(() => running.resume(), 50);
    const redrive = () => requestRedrive(fixture.log, of, SLICES, { action: 'redrive' });
    const all = () => consumed(fixture.log, { name: of.name, inputs: of.reads });

    const written = new Map<string, number[]>(ACCOUNTS.map((account) => [account, []]));
    let last = 0;
    const next = () => {
      const account = pick(random, ACCOUNTS);
      const amount = ++last;
      written.get(account)?.push(amount);
      for (const [troubled, probability] of [
        [refused, 0.05],
        [unfit, 0.01],
        [moody, 0.005],
      ] as const)
        if (random() < probability) troubled.add(amount);
      return amountRecord(amount, account);
    };
    try {
      for (let round = 1; round <= ROUNDS; round++) {
        await produce(fixture.log, Array.from({ length: 1 + Math.floor(random() * 15) }, next));
        do {
          await delay(5);
          look(running, upheaval);
        } while (lag(running) > 60);
        if (upheaval.happens(0.1)) running.pause();
        if (!upheaval.happens(0.2)) continue;
        troubles.ease(() => random() < 0.5);
        await redrive();
      }
      upheaval.calm = true;
      troubles.ease(() => true);
      const detail = () => [running.status(), run.failures.slice(-3).map(({ error }) => error.message)];
      await eventually('all is consumed', all, { within: 30_000, detail });
      await redrive();
      const parked = () => running.status().slices.some((slice) => slice.parked > 0 || slice.state !== 'running');
      await eventually('nothing is parked', async () => (await all()) && !parked(), { within: 30_000, detail });
    } finally {
      clearInterval(resuming);
    }
    await run.stop();
    expect([...upheaval.wrongs]).toEqual([]);
    await auditLedger(fixture.log, await fixture.state('a'), written);
  }, 120_000);
}

const lag = (running: RunningTopology): number => running.status().slices.reduce((sum, slice) => sum + slice.lag, 0);

/** Queries must not see what is not committed. */
function look(running: RunningTopology, { committed, wrongs }: Upheaval): void {
  const listed = running.slices().flatMap((slice) => running.entries('sums', slice, '', ACCOUNTS.length));
  const queried = ACCOUNTS.map((account) => [account, running.query('sums', account)] as const);
  for (const [account, value] of [...listed, ...queried]) {
    if (value === undefined || committed.get(account)?.has(JSON.stringify(value))) continue;
    wrongs.add(`${account} is ${JSON.stringify(value)} before that is committed`);
  }
}
