import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openMemoryEventLog } from '../memory-event-log.js';

const RECORDS = 5_000;
const table = { name: 'table', key: 'k', cleanup: 'compact', retentionMs: -1 } as const;

describe('finding an offset by time', () => {
  it('agrees with reading everything, over many segments, deletion and compaction', async () => {
    const timestamps = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: RECORDS, maxLength: RECORDS });
    const commit = fc.integer({ min: 100, max: 3_000 });
    await fc.assert(
      fc.asyncProperty(timestamps, commit, fc.nat(RECORDS), fc.boolean(), async (times, size, begin, rising) => {
        const log = await openMemoryEventLog();
        await log.admin.ensureTopics([table], { partitions: 1 });
        const writer = await log.openWriter('w');
        if (rising) times.sort((a, b) => a - b);
        const records = times.map((timestamp, index) => ({
          topic: 'table',
          key: `k${index % 3_000}`,
          value: Buffer.of(1),
          timestamp,
        }));
        for (let at = 0; at < RECORDS; at += size) await writer.commit({ records: records.slice(at, at + size) });
        await log.admin.deleteRecords([{ topic: 'table', partition: 0, offset: begin }]);
        await log.admin.clean();
        const left: { offset: number; timestamp: number }[] = [];
        const reading = { follow: false, signal: new AbortController().signal };
        const start = { topic: 'table', partition: 0, offset: begin };
        for await (const batch of log.read([start], reading)) left.push(...batch.records);
        for (const timestamp of [0, 1, 250, 500, 999, 1_000, 1_001]) {
          const [found] = await log.admin.offsetsForTime('table', timestamp);
          const first = left.find((record) => record.timestamp >= timestamp);
          expect(found?.offset).toBe(first?.offset ?? RECORDS);
        }
        await log.close();
      }),
      { numRuns: 15 },
    );
  });
});
