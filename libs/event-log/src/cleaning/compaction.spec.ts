import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openMemoryEventLog } from '../memory-event-log.js';
import type { EventLog, LogRecord, NewRecord } from '../port.js';
import { readState } from '../records/partition-state.js';
import { openMemoryStorage } from '../storage/memory-storage.js';
import { DEFAULT_SETTINGS, openStoredEventLog } from '../stored-event-log.js';
import { compact } from './compaction.js';

const HOUR = 3_600_000;
const table = { name: 'table', key: 'k', cleanup: 'compact', retentionMs: -1 } as const;

const record = (key: string, value: string | null): NewRecord => ({
  topic: 'table',
  key,
  value: value === null ? null : Buffer.from(value),
  timestamp: 1,
});

async function records(log: EventLog): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  const options = { follow: false, signal: new AbortController().signal };
  for await (const batch of log.read([{ topic: 'table', partition: 0, offset: 0 }], options))
    all.push(...batch.records);
  return all;
}

const texts = async (log: EventLog) => (await records(log)).map(({ key, value }) => `${key}=${value?.toString()}`);

describe('compaction', () => {
  it('keeps a tombstone for its retention, counted from its first compaction, and then removes it', async () => {
    let now = 0;
    const log = await openMemoryEventLog({ now: () => now, deleteRetentionMs: 24 * HOUR });
    await log.admin.ensureTopics([table], { partitions: 1 });
    const writer = await log.openWriter('w');
    await writer.commit({ records: [record('a', '1'), record('a', null), record('b', '1')] });
    now = 100 * HOUR;
    await log.admin.clean();
    expect(await texts(log)).toEqual(['a=undefined', 'b=1']);
    now = 123 * HOUR;
    await log.admin.clean();
    expect(await texts(log)).toEqual(['a=undefined', 'b=1']);
    now = 125 * HOUR;
    await log.admin.clean();
    expect(await texts(log)).toEqual(['b=1']);
    await log.close();
  });

  it('of any commits, in windows of any size, leaves the newest record per key with its offset', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const commit = fc.array(key, { minLength: 1, maxLength: 8 });
    const rounds = fc.array(fc.array(commit, { maxLength: 6 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(rounds, fc.integer({ min: 1, max: 5 }), async (plan, windowKeys) => {
        const storage = openMemoryStorage();
        const log = await openStoredEventLog(storage, 'memory', DEFAULT_SETTINGS);
        await log.admin.ensureTopics([table], { partitions: 1 });
        const writer = await log.openWriter('w');
        const newest = new Map<string, number>();
        for (const commits of plan) {
          for (const keys of commits) {
            const { offsets } = await writer.commit({ records: keys.map((each) => record(each, 'x')) });
            keys.forEach((each, index) => newest.set(each, offsets[index]?.offset ?? -1));
          }
          const settings = { deleteRetentionMs: HOUR, now: Date.now, windowKeys };
          await compact(storage, 'table/0', settings);
          const left = await records(log);
          // The partition's newest record is never looked at, so its key may stand twice.
          const last = left.at(-1);
          const others = left.filter(({ offset }) => offset !== last?.offset);
          for (const { key: name, offset } of others) {
            const isNewest = newest.get(name ?? '') === offset;
            expect(isNewest || name === last?.key).toBe(true);
          }
          for (const [each, offset] of newest)
            expect(left).toContainEqual(expect.objectContaining({ key: each, offset }));
          expect(readState(storage, 'table/0').count).toBe(left.length);
        }
        await log.close();
      }),
      { numRuns: 60 },
    );
  });
});
