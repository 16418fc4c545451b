import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type EventLog, openEmbeddedEventLog } from '@order-flow/event-log';
import { lmdbState } from './lmdb-state.js';
import { BANK_PARTITIONS, bank, bankTopics, entryRecord, produce } from './testing/bank.js';
import { auditBank, consumed } from './testing/bank-audit.js';
import { eventually } from './testing/eventually.js';

const program = join(dirname(fileURLToPath(import.meta.url)), 'testing', 'bank-process.ts');
const MEGABYTE = 1_000_000;
/** What other topologies keep in the directory. The log, whose files are limited too, stays far below it. */
const FILLED = 48 * MEGABYTE;
/** What is left for the bank. */
const ROOM = 100_000;
const ENTRIES = 1_500;

let path: string;
let log: EventLog;
beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'streams-full-'));
  log = await openEmbeddedEventLog({ path: join(path, 'log') });
  await log.admin.ensureTopics(bankTopics, { partitions: BANK_PARTITIONS });
});
afterEach(async () => {
  await log.close();
  rmSync(path, { recursive: true, force: true });
});

/** @returns bytes of the data file */
async function fill(statePath: string): Promise<number> {
  const state = lmdbState(statePath);
  const values = new Map(
    Array.from({ length: FILLED / MEGABYTE }, (_, index) => [`value-${index}`, Buffer.alloc(MEGABYTE)] as const),
  );
  await state
    .slice('other', 0)
    .commit(new Map([['filling', values]]), { identity: 'other', offsets: {}, lastOwnedAt: 0 });
  await state.close();
  return statSync(join(statePath, 'data.mdb')).size;
}

/** An account of its own for every entry: the state grows with each. */
const growing = Array.from({ length: ENTRIES }, (_, number) =>
  entryRecord(number, `account-${number}-${'x'.repeat(150)}`, {
    type: 'Deposited',
    data: { amount: 10, kind: `kind-${number % 5}` },
  }),
);

/** The bank in a process whose files cannot grow beyond a limit: writes fail as on a full disk. */
function startLimited(statePath: string, limit: number) {
  const bankProcess = [process.execPath, '--import', 'tsx', program, join(path, 'log'), statePath];
  const child = spawn('prlimit', [`--fsize=${limit}:`, ...bankProcess], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const failures: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('failed')) failures.push(line);
  });
  const lift = (): void => void execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:']);
  return { child, failures, lift, ended: once(child, 'exit') };
}

const waits = (failures: readonly string[]): number[] =>
  failures.map((line) => Number(/again in (\d+) ms/.exec(line)?.[1]));

it('a full disk stops the slices and costs nothing; with room again they go on by themselves', async () => {
  const statePath = join(path, 'state');
  const { child, failures, lift, ended } = startLimited(statePath, (await fill(statePath)) + ROOM);
  try {
    await produce(log, growing.slice(0, ENTRIES / 2));
    await eventually('long waits', () => Math.max(...waits(failures)) > 300, {
      within: 40_000,
      detail: () => failures,
    });
    const words = `the local state in ${statePath} cannot be written (`;
    for (const line of failures) expect(line).toContain(words);
    await produce(log, growing.slice(ENTRIES / 2));
    await delay(500);
    expect(await consumed(log, bank)).toBe(false);
    lift();
    const detail = (): unknown => failures.slice(-3);
    await eventually('all inputs consumed', () => consumed(log, bank), { within: 40_000, detail });
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
  const state = lmdbState(statePath);
  await auditBank(log, state);
  await state.close();
}, 120_000);
