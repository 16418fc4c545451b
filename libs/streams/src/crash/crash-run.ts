import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { LogError } from '@order-flow/event-log';
import type { RunningKafka } from '@order-flow/servers';
import { seededRandom } from '@order-flow/service-kit/testing';
import { lmdbState } from '../lmdb-state.js';
import { runTopology } from '../runner.js';
import { bank, BANK_PARTITIONS, bankTopics, entryRecord, numberedEntries } from '../testing/bank.js';
import { auditBank, consumed } from '../testing/bank-audit.js';
import { eventually } from '../testing/eventually.js';
import { openSettlingKafka } from '../testing/kafka-brokers.js';
import { renamedLog, settled, type SettlingLog } from '../testing/renamed-log.js';
import type { Mutation } from './mutations.js';
import { WorkerProcess } from './worker-process.js';

const WORKERS = 3;
/** Entries that were written and not yet processed, above which the load waits. */
export const BACKLOG = 1_500;
/** Entries in a transaction of the load; where sends over several brokers are to go wrong, there have to be many. */
const batchOf = (mutation: Mutation): number => (mutation === 'one-send' ? 120 : 25);

/** The runtime's own checks of state against the log. */
const REFUSAL = /StreamsError .*(was replaced or truncated|but no positions|but the log has)/;

export interface CrashRunSettings {
  readonly kafka: RunningKafka;
  readonly seed: number;
  readonly mutation: Mutation;
  readonly say: (line: string) => void;
}

/** A group of worker processes on a real cluster, with a load that goes on whatever happens, and an audit at the end. */
export class CrashRun {
  readonly workers: readonly WorkerProcess[];
  readonly random: () => number;
  readonly #directory = mkdtempSync(join(tmpdir(), 'streams-crash-'));
  readonly #stopLoad = new AbortController();
  #load: Promise<void> = Promise.resolve();
  /** Entries that were written, as far as is known. */
  written = 0;
  /** What workers refused to go on with: state that cannot be. */
  readonly refusals: string[] = [];

  private constructor(
    readonly settings: CrashRunSettings,
    readonly log: SettlingLog,
    prefix: string,
  ) {
    const { kafka, seed, mutation, say } = settings;
    this.random = seededRandom(seed);
    this.workers = Array.from({ length: WORKERS }, (_, index) => {
      const note = (line: string): void => {
        this.#note(line);
        say(line);
      };
      const statePath = join(this.#directory, `state-${index}`);
      return new WorkerProcess(`worker ${index}`, { brokers: kafka.brokers, prefix, statePath, mutation, say: note });
    });
  }

  static async begin(settings: CrashRunSettings): Promise<CrashRun> {
    // Names of its own: what another run left would be taken for damage.
    const prefix = `crash-${randomUUID().slice(0, 8)}-${settings.mutation}.`;
    const log = renamedLog(await openSettlingKafka(settings.kafka.brokers.split(',')), prefix);
    await log.admin.ensureTopics(bankTopics, { partitions: BANK_PARTITIONS });
    const run = new CrashRun(settings, log, prefix);
    for (const worker of run.workers) worker.start();
    run.#load = run.#loadUntil(run.#stopLoad.signal);
    return run;
  }

  /** Stops the load, waits until all is consumed, lets the workers leave, and folds everything anew. */
  async audit(): Promise<void> {
    this.#stopLoad.abort();
    await this.#load;
    // What is wrong is in the log by now; that the rest is done right brings the verdict sooner.
    if (this.settings.mutation !== 'none') await Promise.all(this.workers.map((worker) => worker.kill()));
    for (const worker of this.workers) {
      worker.repair();
      worker.thaw();
      worker.start();
    }
    await eventually('all inputs consumed', () => this.#consumed(), { within: 120_000 });
    const codes = await Promise.all(this.workers.map((worker) => worker.leave()));
    if (this.settings.mutation === 'none') expect(codes).toEqual(this.workers.map(() => 0));
    await this.#auditWith(join(this.#directory, 'state-0'));
  }

  #note(line: string): void {
    if (REFUSAL.test(line)) this.refusals.push(line);
  }

  /** @throws Error when a member found state that cannot be */
  #checkRefusals(): void {
    const [refusal] = this.refusals;
    if (refusal) throw new Error(`refused by the runtime: ${refusal}`);
  }

  async #consumed(): Promise<boolean> {
    this.#checkRefusals();
    return consumed(this.log, bank).catch((error: unknown) => {
      if (error instanceof LogError) return false;
      throw error;
    });
  }

  async end(): Promise<void> {
    this.#stopLoad.abort();
    await this.#load;
    await Promise.all(this.workers.map((worker) => worker.kill()));
    await this.log.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** One last member takes over every slice with a worker's state: stores are then as the changelogs have them. */
  async #auditWith(path: string): Promise<void> {
    const state = lmdbState(path);
    const stop = new AbortController();
    const running = new Set<number>();
    const failures: string[] = [];
    const observer = {
      running: (slice: number) => void running.add(slice),
      failed: (slice: number, { name, message }: Error) => {
        failures.push(`${slice}: ${name} ${message}`);
        this.#note(`${name} ${message}`);
      },
    };
    const options = { trimIntervalMs: Infinity };
    const { done } = runTopology({ topology: bank, log: this.log, state, signal: stop.signal, options, observer });
    const detail = (): string[] => failures.slice(-3);
    try {
      const started = (): boolean => {
        this.#checkRefusals();
        return running.size === BANK_PARTITIONS;
      };
      await eventually('all slices', started, { within: 60_000, detail });
      await eventually('all inputs consumed', () => this.#consumed(), { within: 60_000 });
    } finally {
      stop.abort();
      await done;
    }
    try {
      for (const { name } of bankTopics) await settled(this.log, name);
      await auditBank(this.log, state);
    } finally {
      await state.close();
    }
  }

  /** Numbers are used once: where it is unknown whether a batch was written, its numbers are left alone. */
  async #loadUntil(signal: AbortSignal): Promise<void> {
    const size = batchOf(this.settings.mutation);
    let writer = await this.log.openWriter('load').catch(() => undefined);
    for (let number = 0; !signal.aborted; number += size) {
      try {
        writer ??= await this.log.openWriter('load');
        const batch = numberedEntries(number, number + size);
        // Now and then one that cannot be booked, of an account of its own.
        if (this.random() < 0.1) batch.push(poison(number));
        await writer.commit({ records: batch });
        this.written += batch.length;
        await this.#belowBacklog(number / size, signal);
      } catch {
        await writer?.close().catch(() => undefined);
        writer = undefined;
        await delay(100);
      }
    }
    await writer?.close();
  }

  /** Looks at the backlog at every twentieth batch. */
  async #belowBacklog(batch: number, signal: AbortSignal): Promise<void> {
    await delay(30);
    if (batch % 20 > 0) return;
    while (!signal.aborted && (await this.#backlog()) > BACKLOG) await delay(100);
  }

  async #backlog(): Promise<number> {
    const topic = bankTopics[0]?.name ?? '';
    const ends = await this.log.admin.partitions(topic);
    const done = (await this.log.admin.committed(bank.name)).filter((at) => at.topic === topic);
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    return sum(ends.map(({ end }) => end)) - sum(done.map(({ offset }) => offset));
  }
}

const poison = (number: number) =>
  entryRecord(number + 1_000_000, `poison-${number}`, { type: 'Deposited', data: { amount: -1, kind: 'poison' } });
