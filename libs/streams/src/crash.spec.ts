import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { openEmbeddedEventLog } from '@order-flow/event-log';
import { seededRandom } from '@order-flow/service-kit/testing';
import { lmdbState } from './lmdb-state.js';
import { bank, BANK_PARTITIONS, bankTopics, numberedEntries, produce } from './testing/bank.js';
import { auditBank, consumed } from './testing/bank-audit.js';
import { eventually } from './testing/eventually.js';

const KILLS = 8;
const program = join(dirname(fileURLToPath(import.meta.url)), 'testing', 'bank-process.ts');

const startBank = (logPath: string, statePath: string): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', program, logPath, statePath], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });

/** Kills the process at its step of this number. */
async function killAtStep(child: ChildProcess, step: number): Promise<void> {
  let steps = 0;
  const ended = once(child, 'exit');
  createInterface({ input: child.stdout! }).on('line', () => {
    if (++steps === step) child.kill('SIGKILL');
  });
  await ended;
}

it('a process killed at any step, again and again, loses nothing and does nothing twice', async () => {
  const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 1e9));
  process.stdout.write(`crash test of the streams runtime, CRASH_SEED=${seed}\n`);
  const random = seededRandom(seed);
  const path = mkdtempSync(join(tmpdir(), 'streams-crash-'));
  const log = await openEmbeddedEventLog({ path: join(path, 'log') });
  let produced = 0;
  const isDead = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;
  /** Keeps a backlog of about 150 entries. */
  const produceUntilDead = async (child: ChildProcess): Promise<void> => {
    while (!isDead(child)) {
      const to = produced + 1 + Math.floor(random() * 12);
      await produce(log, numberedEntries(produced, to));
      const full = Math.floor(to / 150) > Math.floor(produced / 150);
      produced = to;
      if (full) {
        // on a busy machine a process alone takes seconds to start
        await eventually('progress', async () => isDead(child) || (await consumed(log, bank)), { within: 60_000 });
      }
    }
  };
  let state = join(path, 'state-0');
  try {
    await log.admin.ensureTopics(bankTopics, { partitions: BANK_PARTITIONS });
    for (let kill = 1; kill <= KILLS; kill++) {
      // A lost disk now and then: everything comes back from the changelogs.
      if (random() < 0.25) state = join(path, `state-${kill}`);
      const child = startBank(join(path, 'log'), state);
      const death = killAtStep(child, 1 + Math.floor(random() * 60));
      await produceUntilDead(child);
      await death;
    }
    const last = startBank(join(path, 'log'), state);
    const ended = once(last, 'exit');
    last.stdout!.resume();
    await eventually('all inputs consumed', () => consumed(log, bank), { within: 60_000 });
    last.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    const kept = lmdbState(state);
    await auditBank(log, kept);
    await kept.close();
    expect(produced).toBeGreaterThan(KILLS);
  } finally {
    await log.close();
    rmSync(path, { recursive: true, force: true });
  }
}, 180_000);
