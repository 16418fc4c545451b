import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReadModelDocument } from '@order-flow/contracts';
import type { EventLog, LogAdmin } from '@order-flow/event-log';
import { firstRevision, readModelAlias } from '@order-flow/read-store';
import { orderId, type OrderLog, orderLog } from '../testing/order-log.js';
import { serving } from '../testing/serving.js';
import { until } from '../testing/until.js';
import { dryRun, rebuild, rollback } from './rebuild.js';
import { takeLease } from './rebuild-lease.js';

let orders: OrderLog;
beforeEach(async () => {
  orders = await orderLog();
});
afterEach(() => orders.stop());

/** The service's own runner beside the rebuild. */
async function whileServing(work: () => Promise<void>): Promise<void> {
  const stop = serving(orders);
  try {
    await work();
  } finally {
    await stop();
  }
}

const count = (collection: string): Promise<number> => orders.readStore.collection(collection).countDocuments({});
const groupMembers = async (group: string) => (await orders.log.admin.group(group)).members;
const confirmed = (documents: readonly ReadModelDocument[]): number =>
  documents.filter((document) => (document as ReadModelDocument & { status: string }).status === 'CONFIRMED').length;

describe('a rebuild', () => {
  it('switches to a new collection with the same documents, and both are kept up to date', async () => {
    await orders.write(0, 50);
    await whileServing(async () => {
      await until(async () => confirmed(await orders.documents('orders__1')) === 50);
      const done = await rebuild(orders.rebuildOptions);
      expect(done).toEqual({ collection: 'orders__2', generation: 2, deleted: [] });
      expect(await readModelAlias(orders.readStore, 'orders')).toMatchObject({
        collection: 'orders__2',
        previous: 'orders__1',
      });
      await orders.write(50, 60);
      await until(
        async () =>
          confirmed(await orders.documents('orders__2')) === 60 &&
          confirmed(await orders.documents('orders__1')) === 60,
      );
      const [before, after] = await Promise.all([orders.documents('orders__1'), orders.documents('orders__2')]);
      const body = ({ _id, applied }: ReadModelDocument) => ({ _id, applied });
      expect(after.map(body)).toEqual(before.map(body));
      // However the records were batched: one beyond the other, and alike from there.
      const counted = ({ revision }: ReadModelDocument) => revision + firstRevision('orders__2');
      expect(after.map(({ revision }) => revision)).toEqual(before.map(counted));
    });
  });

  it('goes on where a cancelled one stopped', async () => {
    await orders.write(0, 200);
    const cancel = new AbortController();
    const stopped = rebuild({
      ...orders.rebuildOptions,
      signal: cancel.signal,
      throttle: 100,
      progress: ({ folded }) => folded > 0 && cancel.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await readModelAlias(orders.readStore, 'orders')).toMatchObject({ generation: 1 });
    let folded = 0;
    await rebuild({ ...orders.rebuildOptions, progress: (progress) => (folded = progress.folded) });
    expect(confirmed(await orders.documents('orders__2'))).toBe(200);
    expect(folded).toBeLessThan(400);
  });

  it('catches up although whenever it looks a record has just come', async () => {
    await orders.write(0, 10);
    const { log } = orders;
    const ahead: LogAdmin = {
      ...log.admin,
      partitions: async (topic) => (await log.admin.partitions(topic)).map((info) => ({ ...info, end: info.end + 1 })),
    };
    const looking: EventLog = {
      admin: ahead,
      identity: () => log.identity(),
      openWriter: (id) => log.openWriter(id),
      read: (from, options) => log.read(from, options),
      join: (group, topics, signal) => log.join(group, topics, signal),
      close: () => log.close(),
    };
    const enough = new AbortController();
    const load = (async () => {
      for (let n = 10; !enough.signal.aborted; n++) await orders.write(n, n + 1);
    })();
    const done = await rebuild({ ...orders.rebuildOptions, log: looking }).finally(() => enough.abort());
    await load;
    expect(done).toMatchObject({ collection: 'orders__2', generation: 2 });
  });

  it('is refused where records of its sources were deleted, and says what it lacks where that is allowed', async () => {
    await orders.write(0, 50);
    const before = await orders.log.admin.partitions('order.events');
    const partition = before.findIndex(({ end }) => end > 4);
    await orders.log.admin.deleteRecords([{ topic: 'order.events', partition, offset: 4 }]);
    for (const build of [rebuild, dryRun])
      await expect(build(orders.rebuildOptions)).rejects.toMatchObject({
        code: 'INCOMPLETE',
        message: expect.stringMatching(`order.events/${partition} \\(4\\).*--allow-incomplete`),
      });
    expect(await readModelAlias(orders.readStore, 'orders')).toMatchObject({ generation: 1 });
    const deleted = [{ topic: 'order.events', partition, records: 4 }];
    const allowed = { ...orders.rebuildOptions, allowIncomplete: true };
    expect(await dryRun(allowed)).toMatchObject({ deleted });
    expect(await rebuild(allowed)).toEqual({ collection: 'orders__2', generation: 2, deleted });
    expect(await count('orders__2')).toBe(48);
  });

  it('runs once at a time', async () => {
    const lease = await takeLease(orders.readStore, 'orders');
    await expect(rebuild(orders.rebuildOptions)).rejects.toMatchObject({ code: 'REBUILD_RUNNING' });
    await lease.release();
    await expect(rebuild(orders.rebuildOptions)).resolves.toMatchObject({ generation: 2 });
  });

  it('as a dry run finds what differs, and leaves nothing behind', async () => {
    await orders.write(0, 20);
    await whileServing(async () => {
      await until(async () => confirmed(await orders.documents('orders__1')) === 20);
    });
    const serving = orders.readStore.collection<ReadModelDocument & { status: string }>('orders__1');
    await serving.updateOne({ _id: orderId(3) }, { $set: { status: 'FAILED' } });
    await serving.deleteOne({ _id: orderId(4) });
    await serving.insertOne({ _id: 'ghost', revision: 1, applied: {}, status: 'PENDING' });
    const found = await dryRun(orders.rebuildOptions);
    expect(found).toMatchObject({ same: 18, different: 1, onlyOld: 1, onlyNew: 1 });
    expect([...found.examples].sort()).toEqual([orderId(3), orderId(4), 'ghost']);
    expect(await count('orders__dry_run')).toBe(0);
    expect(await readModelAlias(orders.readStore, 'orders')).toMatchObject({ generation: 1 });
  });

  it('as a dry run does not take for a difference what one of the two has not folded yet', async () => {
    await orders.write(0, 20);
    const late: { stop?: () => Promise<void> } = {};
    const options = {
      ...orders.rebuildOptions,
      progress: ({ done, total }: { done: number; total: number }) => {
        if (done === total) late.stop ??= serving(orders);
      },
    };
    expect(await dryRun(options)).toMatchObject({ same: 20, different: 0, onlyOld: 0, onlyNew: 0 });
    await late.stop?.();
  });

  it('that fails has stopped folding when it says so, and as a dry run leaves nothing behind', async () => {
    await orders.write(0, 200);
    const failing = {
      ...orders.rebuildOptions,
      throttle: 200,
      progress: ({ folded }: { folded: number }) => {
        if (folded > 0) throw new Error('nobody takes the progress');
      },
    };
    await expect(dryRun(failing)).rejects.toThrow('nobody takes the progress');
    await expect(rebuild(failing)).rejects.toThrow('nobody takes the progress');
    const folded = await count('orders__2');
    expect(await groupMembers('projection.orders__2')).toEqual([]);
    expect(await count('orders__dry_run')).toBe(0);
    expect(await count('orders__2')).toBe(folded);
  });

  it('is rolled back to the former collection only when that has everything', async () => {
    await orders.write(0, 10);
    await expect(rollback(orders.rebuildOptions)).rejects.toMatchObject({ code: 'NO_PREVIOUS' });
    await rebuild(orders.rebuildOptions);
    await expect(rollback(orders.rebuildOptions)).rejects.toMatchObject({ code: 'PREVIOUS_BEHIND' });
    await whileServing(async () => {
      await until(async () => confirmed(await orders.documents('orders__1')) === 10);
    });
    expect(await rollback(orders.rebuildOptions)).toEqual({ collection: 'orders__1', generation: 3 });
  });

  it('is rolled back while orders keep coming', async () => {
    await orders.write(0, 10);
    await rebuild(orders.rebuildOptions);
    await whileServing(async () => {
      await until(async () => confirmed(await orders.documents('orders__1')) === 10);
      const enough = new AbortController();
      const load = (async () => {
        for (let n = 10; !enough.signal.aborted; n++) await orders.write(n, n + 1);
      })();
      const done = await rollback(orders.rebuildOptions).finally(() => enough.abort());
      await load;
      expect(done).toEqual({ collection: 'orders__1', generation: 3 });
    });
  });
});

describe('two runners on one collection', () => {
  it('neither lose an event nor count one twice', async () => {
    await whileServing(() =>
      whileServing(async () => {
        for (let n = 0; n < 200; n += 10) await orders.write(n, n + 10);
        await until(async () => confirmed(await orders.documents('orders__1')) === 200);
      }),
    );
    const documents = await orders.documents('orders__1');
    expect(documents).toHaveLength(200);
    for (const document of documents)
      expect((document as ReadModelDocument & { history: unknown[] }).history).toHaveLength(2);
  });
});
