import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbeddedEventLog } from './embedded-event-log.js';
import type { EventLog, NewRecord, OwnershipEpoch } from './port.js';
import { type LogProcess, startLogProcess } from './testing/log-process.js';

const INPUTS = 6_000;
const PARTITIONS = 2;

describe('an embedded log that several processes use', () => {
  let path: string;
  let log: EventLog;
  let stop: AbortController;
  const processes: LogProcess[] = [];
  const start = (program: string, ...args: string[]): LogProcess => {
    const started = startLogProcess(program, [path, ...args]);
    processes.push(started);
    return started;
  };

  beforeEach(async () => {
    path = mkdtempSync(join(tmpdir(), 'event-log-'));
    stop = new AbortController();
    log = await openEmbeddedEventLog({ path, heartbeatIntervalMs: 100, sessionTimeoutMs: 600, pollIntervalMs: 20 });
    const topics = ['input', 'output'].map((name) => ({ name, key: 'k', cleanup: 'delete' as const, retentionMs: -1 }));
    await log.admin.ensureTopics(topics, { partitions: PARTITIONS });
  });

  afterEach(async () => {
    stop.abort();
    await Promise.all(processes.splice(0).map((each) => each.kill()));
    await log.close();
    rmSync(path, { recursive: true, force: true });
  });

  const input = (index: number): NewRecord => ({
    topic: 'input',
    partition: index % PARTITIONS,
    key: 'k',
    value: Buffer.from(String(index)),
    timestamp: index,
  });

  const outputs = async (): Promise<number[][]> => {
    const found = Array.from({ length: PARTITIONS }, (): number[] => []);
    const starts = found.map((_, partition) => ({ topic: 'output', partition, offset: 0 }));
    for await (const batch of log.read(starts, { follow: false, signal: stop.signal })) {
      found[batch.partition]?.push(...batch.records.map(({ value }) => Number(value?.toString())));
    }
    return found;
  };

  const copied = async (): Promise<number> =>
    (await log.admin.partitions('output')).reduce((sum, { end }) => sum + end, 0);

  const waitFor = async (met: () => Promise<boolean>): Promise<void> => {
    const until = Date.now() + 20_000;
    while (!(await met())) {
      if (Date.now() > until) throw new Error('the condition was not met within 20 s');
      await delay(5);
    }
  };

  it('holds each input once in the output, wherever the process between was killed', async () => {
    const writer = await log.openWriter('producer');
    for (let index = 0; index < INPUTS; index += 500) {
      await writer.commit({ records: Array.from({ length: 500 }, (_, more) => input(index + more)) });
    }
    for (let kills = 0; kills < 5; kills++) {
      const copier = start('copying-process.ts');
      await copier.line(/working/);
      const before = await copied();
      await waitFor(async () => (await copied()) > before + Math.random() * 300);
      await copier.kill();
    }
    start('copying-process.ts');
    await waitFor(async () => (await copied()) >= INPUTS);
    const found = await outputs();
    const expected = found.map((_, partition) =>
      Array.from({ length: INPUTS / PARTITIONS }, (_none, index) => index * PARTITIONS + partition),
    );
    expect(found).toEqual(expected);
  }, 60_000);

  it('shows commits to readers of other processes, and shares its groups with them', async () => {
    const other = start('membership-process.ts', 'g');
    expect(await other.line(/epoch/)).toBe('epoch 0,1');
    const writer = await log.openWriter('producer');
    await writer.commit({ records: [input(42)] });
    expect(await other.line(/read/)).toBe('read 42');
    const member = log.join('g', ['input'], stop.signal)[Symbol.asyncIterator]();
    const epoch = (await member.next()).value as OwnershipEpoch;
    expect(epoch.slices).toHaveLength(1);
    expect(await other.line(/epoch/)).toMatch(/^epoch [01]$/);
  }, 30_000);

  it("takes over a stopped member's slices, and gives it some when it wakes up", async () => {
    const other = start('membership-process.ts', 'g');
    await other.line(/epoch/);
    const member = log.join('g', ['input'], stop.signal)[Symbol.asyncIterator]();
    const shared = (await member.next()).value as OwnershipEpoch;
    await other.line(/^epoch [01]$/);
    other.signal('SIGSTOP');
    const alone = (await member.next()).value as OwnershipEpoch;
    expect([shared.signal.aborted, alone.slices]).toEqual([true, [0, 1]]);
    other.signal('SIGCONT');
    expect(await other.line(/epoch/)).toMatch(/^epoch [01]$/);
    const again = (await member.next()).value as OwnershipEpoch;
    expect(again.slices).toHaveLength(1);
  }, 30_000);

  it('gives the slices of a killed process away at once', async () => {
    const other = start('membership-process.ts', 'g');
    await other.line(/epoch/);
    await other.kill();
    const member = log.join('g', ['input'], stop.signal)[Symbol.asyncIterator]();
    expect(((await member.next()).value as OwnershipEpoch).slices).toEqual([0, 1]);
  }, 30_000);
});
