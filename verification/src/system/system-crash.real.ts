import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ONE_OF_EACH } from '@order-flow/cluster';
import { describeFindings } from '../audit.js';
import { killService, rotation, untouched } from './faults.js';
import { MUTANTS } from './mutants.js';
import { SystemUnderTest } from './system-under-test.js';

/** A soak: `SYSTEM_SECONDS=3600 npm run test:real -- system-crash`; what happens follows from `SYSTEM_SEED`. */
const SECONDS = Number(process.env['SYSTEM_SECONDS'] ?? 0);
const SEED = Number(process.env['SYSTEM_SEED'] ?? Math.floor(Math.random() * 1e9));
const SCALE = { ...ONE_OF_EACH, 'command-service': 2, processors: 2, projections: 2, 'graphql-gateway': 2 };

const say = (line: string): void => void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

describe('the whole system on real servers', () => {
  let system: SystemUnderTest | undefined;
  afterEach(async () => {
    await system?.end();
    system = undefined;
  }, 120_000);

  it(
    'loses nothing and does nothing twice while every part of it dies, hangs and is multiplied',
    async () => {
      say(`SYSTEM_SEED=${SEED} SYSTEM_SECONDS=${SECONDS}`);
      expect(untouched()).toEqual([]);
      system = await SystemUnderTest.begin({ seed: SEED, brokers: 3, scale: SCALE, say });
      system.startLoad();
      const until = performance.now() + SECONDS * 1_000;
      for (let turn = 0; turn < rotation.length || performance.now() < until; turn++) {
        const { name, happen } = rotation[turn % rotation.length] ?? { name: '', happen: () => Promise.resolve() };
        await delay(500 + system.random() * 1_500);
        say(`${name}; ${system.load.acceptedOrders.length} orders accepted`);
        await happen(system);
      }
      await system.settle();
      const findings = await system.audit();
      say(`${system.load.sent.length} commands\n${describeFindings(findings)}`);
      expect(findings.flatMap(({ violations }) => violations)).toEqual([]);
      expect(system.load.acceptedOrders.length).toBeGreaterThan(100);
    },
    (SECONDS + 900) * 1_000,
  );

  it.each(MUTANTS)(
    'would notice $name',
    async ({ service, program, kills }) => {
      const programs = { [service]: program };
      system = await SystemUnderTest.begin({
        seed: SEED,
        brokers: 1,
        scale: ONE_OF_EACH,
        say: () => undefined,
        programs,
      });
      system.startLoad();
      for (let turn = 0; turn < kills; turn++) {
        await delay(1_500 + system.random() * 1_500);
        await killService(service).happen(system);
        // Only at work again can it do harm again: a group gives a dead member's share away after its session.
        await system.cluster.ready();
      }
      // What is wrong may keep it from ever settling: that alone is no proof.
      const outcome = await system.settle().then(() => 'settled', String);
      const violations = (await system.audit()).flatMap((finding) => finding.violations);
      say(`${outcome}; ${violations.length} violations, such as ${violations[0] ?? 'none'}`);
      expect(violations.length).toBeGreaterThan(0);
    },
    400_000,
  );
});
