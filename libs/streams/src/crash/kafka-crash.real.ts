import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningKafka, startKafka } from '@order-flow/servers';
import { eventually } from '../testing/eventually.js';
import { BACKLOG, CrashRun } from './crash-run.js';
import { type Mutation, MUTATIONS } from './mutations.js';

/** A soak: `CRASH_SECONDS=3600 npm run test:real -- kafka-crash`; what happens follows from `CRASH_SEED`. */
const SECONDS = Number(process.env['CRASH_SECONDS'] ?? 100);
const SEED = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 1e9));
/** Beyond the session time-out of six seconds. */
const FREEZE_MS = 8_000;

type Fault = 'kill a worker' | 'freeze a worker' | 'a worker leaves' | 'kill a broker' | 'hang and kill a broker';
const ROTATION: readonly Fault[] = [
  'kill a worker',
  'kill a broker',
  'freeze a worker',
  'kill a worker',
  'a worker leaves',
  'hang and kill a broker',
];

interface Provocation {
  readonly fault: Fault;
  readonly times: number;
  /** Entries that are written before the first one. */
  readonly after: number;
}

/** What brings each mutation to light. */
const PROVOKED_BY: Readonly<Record<Exclude<Mutation, 'none'>, Provocation>> = {
  'no-fencing': { fault: 'freeze a worker', times: 2, after: 1_000 },
  'offsets-outside': { fault: 'kill a worker', times: 2, after: 1_000 },
  // more than the load runs ahead: every worker is at work
  'one-send': { fault: 'hang and kill a broker', times: 2, after: 2 * BACKLOG },
};

const say = (line: string): void => void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

describe('the streams runtime on a cluster of three brokers', () => {
  let kafka: RunningKafka;
  let run: CrashRun | undefined;

  beforeAll(async () => {
    kafka = await startKafka({ brokers: 3, say });
  }, 180_000);
  afterEach(async () => {
    await run?.end();
    run = undefined;
  });
  afterAll(async () => {
    await kafka.down();
  });

  async function begin(mutation: Mutation, quiet = mutation !== 'none'): Promise<CrashRun> {
    run = await CrashRun.begin({ kafka, seed: SEED, mutation, say: quiet ? () => undefined : say });
    return run;
  }

  async function inflict(fault: Fault, on: CrashRun): Promise<void> {
    const worker = on.workers[Math.floor(on.random() * on.workers.length)];
    const broker = 1 + Math.floor(on.random() * 3);
    say(`${fault}: ${fault.includes('broker') ? broker : worker?.name}; ${on.written} entries written`);
    if (fault.includes('broker')) {
      if (fault.startsWith('hang')) {
        // Every writer has a send under way by then, which the others may have answered when this one dies.
        await kafka.pause(broker);
        await delay(1_000 + on.random() * 2_000);
      }
      await kafka.kill(broker);
      await delay(1_000 + on.random() * 3_000);
      await kafka.start(broker);
      await kafka.inSync();
    } else if (fault === 'freeze a worker') {
      worker?.freeze();
      await delay(FREEZE_MS + on.random() * 3_000);
      worker?.thaw();
    } else {
      await (fault === 'kill a worker' ? worker?.kill() : worker?.leave());
      await delay(on.random() * 1_500);
      worker?.start();
    }
  }

  it(
    `loses nothing and does nothing twice while workers and brokers die`,
    async () => {
      say(`CRASH_SEED=${SEED} CRASH_SECONDS=${SECONDS}`);
      const crashing = await begin('none');
      const until = performance.now() + SECONDS * 1_000;
      const faults = new Map<Fault, number>();
      for (let turn = 0; turn < ROTATION.length || performance.now() < until; turn++) {
        const fault = ROTATION[turn % ROTATION.length] ?? 'kill a worker';
        await delay(500 + crashing.random() * 3_000);
        await inflict(fault, crashing);
        faults.set(fault, (faults.get(fault) ?? 0) + 1);
      }
      await crashing.audit();
      say(`${crashing.written} entries, ${[...faults].map(([fault, count]) => `${fault} ${count} times`).join(', ')}`);
      expect(crashing.written).toBeGreaterThan(1_000);
      expect(faults.size).toBe(new Set(ROTATION).size);
    },
    (SECONDS + 400) * 1_000,
  );

  it.each(MUTATIONS)(
    'would notice %s',
    async (mutation) => {
      for (let attempt = 1; attempt <= 4; attempt++) {
        const wrong = await begin(mutation);
        const { fault, times, after } = PROVOKED_BY[mutation];
        await eventually('a load under way', () => wrong.written > after, { within: 60_000 });
        for (let turn = 0; turn < times; turn++) {
          await inflict(fault, wrong);
          await delay(1_500);
        }
        const verdict = await wrong.audit().then(
          () => 'right',
          (error: unknown) => (error as Error).message,
        );
        await wrong.end();
        run = undefined;
        say(`${mutation}, attempt ${attempt}: ${verdict.slice(0, 300)}`);
        // A time-out says nothing about what is right.
        if (verdict !== 'right' && !verdict.includes('did not come true')) return;
      }
      throw new Error(`${mutation} went unnoticed: the audit is blind to it`);
    },
    400_000,
  );
});
