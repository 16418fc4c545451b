import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type EventLog, openMemoryEventLog } from '@order-flow/event-log';
import { restore } from './restore.js';
import { memoryState } from './state.js';
import { bank, BANK_PARTITIONS, bankTopics, produce } from './testing/bank.js';
import { hookedLog } from './testing/hooked-log.js';

const HOUR = 3_600_000;

describe('a restore', () => {
  let log: EventLog;
  beforeEach(async () => {
    log = await openMemoryEventLog();
    await log.admin.ensureTopics(bankTopics, { partitions: BANK_PARTITIONS });
    const positions = JSON.stringify({
      offsets: {},
      shape: 'reads bank.by-kind.repartition, entry.events; keeps accounts, kinds',
    });
    await produce(
      log,
      [
        ['accounts', 'a', '{"balance":1,"entries":1}'],
        ['kinds', 'k', '{"entries":1,"total":1}'],
        ['slice', 'positions', positions],
      ].map(([store, key = '', value = '']) => ({
        topic: `bank.${store}.changelog`,
        partition: 0,
        key,
        value: Buffer.from(value),
        timestamp: 1,
      })),
    );
  });
  afterEach(() => log.close());

  it('that is interrupted is as old as its start, for deletions may leave the changelog before it goes on', async () => {
    const state = memoryState().slice('bank', 0);
    let now = 100 * HOUR;
    const interrupted = new AbortController();
    const request = { topology: bank, slice: 0, log, state, now: () => now, progress: () => undefined };
    const stopsAtTheSecond = hookedLog(log, {
      restore: ([from]) => {
        now += HOUR;
        if (from?.topic === 'bank.kinds.changelog') interrupted.abort();
      },
    });
    expect(await restore({ ...request, log: stopsAtTheSecond, signal: interrupted.signal })).toBeUndefined();
    expect(state.meta()?.lastOwnedAt).toBe(100 * HOUR);

    now = 113 * HOUR;
    let replayed = 0;
    const progress = (records: number) => (replayed = records);
    const restored = await restore({ ...request, signal: new AbortController().signal, progress });
    expect(restored?.changelogs).toMatchObject({ 'bank.accounts.changelog': 1, 'bank.kinds.changelog': 1 });
    expect(replayed).toBe(3);
    expect(state.meta()?.lastOwnedAt).toBe(113 * HOUR);
  });

  it('begins anew where the clock was ahead of now, for then it does not tell how long ago that was', async () => {
    const state = memoryState().slice('bank', 0);
    let replayed = 0;
    const at = (hours: number) => {
      replayed = 0;
      const progress = (records: number) => (replayed = records);
      const { signal } = new AbortController();
      return restore({ topology: bank, slice: 0, log, state, now: () => hours * HOUR, progress, signal });
    };
    await at(100);
    expect(replayed).toBe(3);
    await at(101);
    expect(replayed).toBe(0);
    await at(90);
    expect(replayed).toBe(3);
  });
});
