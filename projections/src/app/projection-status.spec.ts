import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { orderEvents } from '@order-flow/contracts';
import { type EventLog, openMemoryEventLog } from '@order-flow/event-log';
import { openEmbeddedReadStore, type ReadStore } from '@order-flow/read-store';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Checkpoints } from './checkpoints.js';
import { ProjectionProgress } from './projection-status.js';

const HOUR = 3_600_000;

describe('a projection with a backlog', () => {
  let path: string;
  let log: EventLog;
  let store: ReadStore;
  let passed: number;
  let progress: ProjectionProgress;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'projection-status-'));
    store = await openEmbeddedReadStore({ path });
    log = await openMemoryEventLog();
    await log.admin.ensureTopics([orderEvents], { partitions: 1 });
    const writer = await log.openWriter('orders');
    await writer.commit({ records: [{ topic: orderEvents.name, key: 'o', value: Buffer.from('{}'), timestamp: 1 }] });
    await writer.close();
    passed = 1_000;
    jest.spyOn(performance, 'now').mockImplementation(() => passed);
    progress = new ProjectionProgress(new Checkpoints(store, log, 'orders__1'), 'orders', [orderEvents.name]);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await log.close();
    await store.close();
    await rm(path, { recursive: true });
  });

  it.each([HOUR, -HOUR])(
    'is stuck after 30 s in which nothing moved, whether or not the clock jumps by %i ms',
    async (jump) => {
      jest.spyOn(Date, 'now').mockReturnValue(Date.now() + jump);
      passed += 30_000;
      expect(await progress.status()).toMatchObject({ state: 'BEHIND', lag: 1 });
      passed += 1;
      expect(await progress.status()).toMatchObject({ state: 'STUCK', lag: 1 });
    },
  );
});
