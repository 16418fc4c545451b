import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { LogError, openEmbeddedEventLog } from '@order-flow/event-log';
import { lmdbState } from './lmdb-state.js';
import { runTopology } from './runner.js';
import { bank, BANK_PARTITIONS, bankTopics } from './testing/bank.js';
import { auditBank, consumed } from './testing/bank-audit.js';
import { eventually } from './testing/eventually.js';

const ENTRIES = 400;

const start = (program: string, ...options: readonly string[]): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'testing', program), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });

it('what was read ahead of the disk and lost to another process is read and done again, once', async () => {
  const path = mkdtempSync(join(tmpdir(), 'read-ahead-'));
  const log = await openEmbeddedEventLog({ path: join(path, 'log'), calmMs: 0 });
  const state = lmdbState(join(path, 'state'));
  const stop = new AbortController();
  const failures: unknown[] = [];
  try {
    await log.admin.ensureTopics(bankTopics, { partitions: BANK_PARTITIONS });
    const running = runTopology({
      topology: bank,
      log,
      state,
      signal: stop.signal,
      observer: { failed: (_, error) => failures.push(error) },
    });
    const other = start('bank-process.ts', join(path, 'log'), join(path, 'other-state'));
    other.stdout?.resume();
    const load = start('bank-load-process.ts', join(path, 'log'), String(ENTRIES));
    expect(await once(load, 'exit')).toEqual([0, null]);
    await eventually('all inputs consumed', () => consumed(log, bank), { within: 60_000 });
    other.kill('SIGTERM');
    await once(other, 'exit');
    const allHere = (): boolean =>
      running.status().slices.filter((slice) => slice.state === 'running').length === BANK_PARTITIONS;
    await eventually('all slices here', allHere, { within: 30_000 });
    stop.abort();
    await running.done;
    await auditBank(log, state);
    const codes = failures.map((error) => (error instanceof LogError ? error.code : error));
    // The other member fences slices that it takes over.
    expect(new Set([...codes, 'FENCED'])).toEqual(new Set(['LOST_AHEAD', 'FENCED']));
  } finally {
    stop.abort();
    await state.close();
    await log.close();
    rmSync(path, { recursive: true, force: true });
  }
}, 120_000);
