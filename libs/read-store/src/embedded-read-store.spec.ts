import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { open } from 'lmdb';
import { openEmbeddedReadStore } from './embedded-read-store.js';
import { readStoreContract } from './read-store.contract.js';

const directory = (): string => mkdtempSync(join(tmpdir(), 'read-store-'));

readStoreContract('embedded', {
  features: {
    explain: true,
    processes: true,
    updateErrorCodes: true,
    operatorsChecked: true,
    rangesOverElements: true,
  },
  open: async () => {
    const path = directory();
    const store = await openEmbeddedReadStore({ path });
    return {
      store,
      connection: { path },
      again: () => openEmbeddedReadStore({ path }),
      dispose: async () => {
        await store.close();
        rmSync(path, { recursive: true, force: true });
      },
    };
  },
});

describe('the embedded read store', () => {
  const paths: string[] = [];
  const made = (): string => {
    const path = directory();
    paths.push(path);
    return path;
  };

  afterEach(() => {
    for (const path of paths.splice(0)) rmSync(path, { recursive: true, force: true });
  });

  it('says no where a server does, instead of doing something else', async () => {
    const store = await openEmbeddedReadStore({ path: made() });
    const things = store.collection<{ _id: string; list?: number[]; n?: number | null }>('things');
    await things.insertOne({ _id: 'a', list: [1], n: 1 });
    const code = (doing: Promise<unknown>) => expect(doing.then(() => 'done')).rejects;
    await code(things.updateOne({ _id: 'a' }, { $set: { 'list.x': 1 } })).toMatchObject({ code: 28 });
    const both = { $inc: { n: 1 }, $setOnInsert: { n: 5 } };
    for (const _id of ['a', 'b'])
      await code(things.updateOne({ _id }, both, { upsert: true })).toMatchObject({ code: 40 });
    await code(things.find().skip(-1).toArray()).toMatchObject({ code: 51024 });
    expect(await things.find().toArray()).toEqual([{ _id: 'a', list: [1], n: 1 }]);
    await store.close();
  });

  it('writes undefined as null in updates too, as the driver does', async () => {
    const store = await openEmbeddedReadStore({ path: made() });
    const things = store.collection<{ _id: string; n?: number | undefined; m?: number | undefined }>('things');
    await things.insertOne({ _id: 'a', n: 1 });
    for (const _id of ['a', 'b'])
      await things.updateOne(
        { _id },
        { $set: { n: undefined }, $setOnInsert: { m: undefined } },
        {
          upsert: true,
        },
      );
    expect(await things.find().toArray()).toEqual([
      { _id: 'a', n: null },
      { _id: 'b', n: null, m: null },
    ]);
    await store.close();
  });

  it('makes its directory and keeps documents over a restart', async () => {
    const path = join(made(), 'deep', 'store');
    const first = await openEmbeddedReadStore({ path });
    const identity = await first.identity();
    await first.collection('orders').createIndexes([{ key: { status: 1 } }]);
    await first.collection<{ _id: string; status: string }>('orders').insertOne({ _id: 'a', status: 'PENDING' });
    await first.close();
    const second = await openEmbeddedReadStore({ path });
    expect(await second.identity()).toBe(identity);
    expect(await second.collection('orders').find({ status: 'PENDING' }).toArray()).toEqual([
      { _id: 'a', status: 'PENDING' },
    ]);
    await second.close();
  });

  it('waits for writes under way when it is closed, and can be opened again at once', async () => {
    const path = made();
    const first = await openEmbeddedReadStore({ path });
    const writes = Array.from({ length: 20 }, (_, at) =>
      first.collection<{ _id: number }>('orders').insertOne({ _id: at }),
    );
    const closed = first.close();
    const second = await openEmbeddedReadStore({ path });
    await Promise.all([...writes, closed]);
    expect(await second.collection('orders').countDocuments({})).toBe(20);
    await second.close();
  });

  it('finishes an index whose build was cut off', async () => {
    const path = made();
    const first = await openEmbeddedReadStore({ path });
    const documents = Array.from({ length: 3000 }, (_, at) => ({ _id: at, group: at % 10 }));
    await first.collection<{ _id: number; group: number }>('orders').insertMany(documents);
    const cutOff = first.collection('orders').createIndexes([{ key: { group: 1 } }]);
    await Promise.all([expect(cutOff).rejects.toMatchObject({ code: 'STORE_CLOSED' }), first.close()]);
    const second = await openEmbeddedReadStore({ path });
    const orders = second.collection<{ _id: number; group: number }>('orders');
    expect((await orders.indexes()).map(({ name }) => name)).toEqual(['_id_']);
    expect(await orders.countDocuments({ group: 3 })).toBe(300);
    await orders.updateOne({ _id: 2999 }, { $set: { group: 3 } });
    await orders.createIndexes([{ key: { group: 1 } }]);
    expect((await orders.find({ group: 3 }).explain()) as unknown).toMatchObject({
      queryPlanner: { winningPlan: { stage: 'IXSCAN', indexName: 'group_1' } },
    });
    expect(await orders.countDocuments({ group: 3 })).toBe(301);
    await second.close();
  });

  it('uses the space of dropped collections again', async () => {
    const path = made();
    const sizes: number[] = [];
    for (let round = 0; round < 8; round++) {
      const store = await openEmbeddedReadStore({ path });
      const rebuilt = store.collection<{ _id: number; text: string }>(`orders__${round}`);
      await rebuilt.createIndexes([{ key: { text: 1 } }]);
      await rebuilt.insertMany(Array.from({ length: 2000 }, (_, _id) => ({ _id, text: `${_id} ${'x'.repeat(300)}` })));
      await rebuilt.drop();
      await store.close();
      sizes.push(statSync(join(path, 'data.mdb')).size);
    }
    expect(Math.max(...sizes)).toBeLessThan((sizes[0] ?? 0) * 3);
  });

  it('refuses work after it was closed', async () => {
    const store = await openEmbeddedReadStore({ path: made() });
    await store.close();
    await expect(store.collection('orders').findOne({})).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });

  it('opens a directory that a crash left before anything was written', async () => {
    const path = made();
    writeFileSync(join(path, 'data.mdb'), '');
    const store = await openEmbeddedReadStore({ path });
    expect(await store.collections()).toEqual([]);
    await store.close();
  });

  it('refuses a directory with other files, and one with other LMDB data', async () => {
    const files = made();
    writeFileSync(join(files, 'notes.txt'), 'mine');
    await expect(openEmbeddedReadStore({ path: files })).rejects.toMatchObject({
      code: 'STORE_FOREIGN',
      message: expect.stringContaining(files),
    });
    const other = made();
    const environment = open({ path: other });
    await environment.put('key', 'value');
    await environment.close();
    await expect(openEmbeddedReadStore({ path: other })).rejects.toMatchObject({
      code: 'STORE_FOREIGN',
      message: expect.stringContaining(other),
    });
  });

  it('refuses a damaged data file with the remedy in one line', async () => {
    const garbage = made();
    writeFileSync(join(garbage, 'data.mdb'), Buffer.alloc(20_000, 7));
    await expect(openEmbeddedReadStore({ path: garbage })).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringMatching(/^[^\n]*remove that directory[^\n]*$/),
    });
    const cut = made();
    const store = await openEmbeddedReadStore({ path: cut });
    await store
      .collection<{ _id: number }>('orders')
      .insertMany(Array.from({ length: 500 }, (_, _id) => ({ _id, text: 'x'.repeat(500) })));
    await store.close();
    truncateSync(join(cut, 'data.mdb'), 9000);
    await expect(openEmbeddedReadStore({ path: cut })).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });

  it('refuses a path that is a file', async () => {
    const path = join(made(), 'file');
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, 'x');
    await expect(openEmbeddedReadStore({ path })).rejects.toMatchObject({ code: 'STORE_FOREIGN' });
  });

  it('refuses index kinds and keys that it cannot hold', async () => {
    const store = await openEmbeddedReadStore({ path: made() });
    const orders = store.collection<{ _id: string; text?: unknown; other?: unknown }>('orders');
    await expect(orders.createIndexes([{ key: { text: 'text' } }])).rejects.toMatchObject({ code: 67 });
    await expect(orders.createIndexes([{ key: { text: 1 }, expireAfterSeconds: 5 }])).rejects.toMatchObject({
      code: 67,
    });
    await orders.createIndexes([{ key: { text: 1, other: 1 } }]);
    await expect(orders.insertOne({ _id: 'a', text: 'x'.repeat(3000) })).rejects.toMatchObject({ code: 17280 });
    await expect(orders.insertOne({ _id: 'a', text: [1, 2], other: [1, 2] })).rejects.toMatchObject({ code: 171 });
    await expect(orders.insertOne({ _id: 'x'.repeat(3000) })).rejects.toMatchObject({ code: 17280 });
    await expect(orders.insertOne({ _id: 'a', text: new Map() })).rejects.toMatchObject({ code: 2 });
    expect(await orders.countDocuments({})).toBe(0);
    await store.close();
  });
});
