import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Document, MongoBulkWriteError, Sort } from 'mongodb';
import { increment } from './contract-process.js';
import type { Connection, Counter, Job, Written } from './contract-process.js';
import type { Documents, ReadStore } from './port.js';

/** A store under test. */
export interface ReadStoreSubject {
  readonly store: ReadStore;
  /** Another handle on the same store. */
  again(): Promise<ReadStore>;
  /** How another process opens it. */
  readonly connection: Connection;
  /** Closes and removes it. */
  dispose(): Promise<void>;
}

/** What differs between backends. */
export interface ReadStoreFeatures {
  /** `explain()` names the index in `indexName`, below `queryPlanner.winningPlan`. */
  readonly explain: boolean;
  /** A write whose process is killed was on disk when it was acknowledged. */
  readonly processes: boolean;
  /** What a server refuses in an update is refused with the server's code. */
  readonly updateErrorCodes: boolean;
  /** An unknown operator is refused also where there is nothing to compare. */
  readonly operatorsChecked: boolean;
  /** Two elements of an array may meet one side of a range each. */
  readonly rangesOverElements: boolean;
}

export interface ReadStoreContract {
  readonly open: () => Promise<ReadStoreSubject>;
  readonly features: ReadStoreFeatures;
}

interface Order {
  _id: string;
  revision: number;
  customerId?: string | null;
  status?: string;
  placedAt?: string;
  total?: { amount: number };
  tags?: string[];
  lines?: { sku: string; quantity: number }[];
  at?: Date;
}

type Loose = Document & { _id: string };

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as { code?: unknown }).code,
  );

const bulkErrorOf = async (promise: Promise<unknown>): Promise<MongoBulkWriteError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect((error as Error | undefined)?.name).toBe('MongoBulkWriteError');
  return error as MongoBulkWriteError;
};

const stagesOf = (plan: unknown): string[] =>
  typeof plan !== 'object' || plan === null
    ? []
    : Object.entries(plan).flatMap(([key, value]) =>
        key === 'stage' && typeof value === 'string' ? [value] : stagesOf(value),
      );

const indexesIn = (plan: unknown): string[] =>
  typeof plan !== 'object' || plan === null
    ? []
    : Object.entries(plan).flatMap(([key, value]) =>
        key === 'indexName' && typeof value === 'string' ? [value] : indexesIn(value),
      );

const winningPlan = async (cursor: { explain(): Promise<Document> }): Promise<unknown> => {
  const { queryPlanner } = (await cursor.explain()) as { queryPlanner: { winningPlan: unknown } };
  return queryPlanner.winningPlan;
};

const ids = (documents: readonly { _id: unknown }[]): unknown[] => documents.map(({ _id }) => _id);

function startProcess(job: Job): ChildProcess {
  const program = fileURLToPath(new URL('./contract-process.ts', import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', program], {
    env: { ...process.env, NODE_OPTIONS: '', READ_STORE_CONTRACT_JOB: JSON.stringify(job) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** What every read store promises, whatever it is built on. */
export function readStoreContract(name: string, { open, features }: ReadStoreContract): void {
  describe(`${name}: read store`, () => {
    let subject: ReadStoreSubject;
    let store: ReadStore;
    let made = 0;
    const fresh = <T extends Document = Order>(): Documents<T> =>
      store.collection<T>(`contract_${process.pid}_${++made}`);

    beforeAll(async () => {
      subject = await open();
      ({ store } = subject);
    });

    afterAll(() => subject.dispose());

    describe('the store', () => {
      it('keeps one identity', async () => {
        const identity = await store.identity();
        expect(identity).toMatch(/^[0-9a-f-]{36}$/);
        const other = await subject.again();
        expect(await other.identity()).toBe(identity);
        await other.close();
      });

      it('answers while it is open', async () => {
        const other = await subject.again();
        await expect(other.ping()).resolves.toBeUndefined();
        await other.close();
        await expect(other.ping()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
      });

      it('lists the collections that exist, and not those dropped', async () => {
        const orders = fresh();
        expect(await store.collections()).not.toContain(orders.collectionName);
        await orders.insertOne({ _id: 'a', revision: 1 });
        expect(await store.collections()).toContain(orders.collectionName);
        expect(await orders.drop()).toBe(true);
        expect(await store.collections()).not.toContain(orders.collectionName);
        expect(await orders.find().toArray()).toEqual([]);
        expect(await orders.indexes().catch(() => [])).not.toContainEqual(
          expect.objectContaining({ name: 'status_1' }),
        );
      });

      it('starts afresh after a drop', async () => {
        const orders = fresh();
        await orders.createIndexes([{ key: { status: 1 } }]);
        await orders.insertOne({ _id: 'a', revision: 1, status: 'OLD' });
        await orders.drop();
        await orders.insertOne({ _id: 'a', revision: 7, status: 'NEW' });
        expect(await orders.find({ status: 'OLD' }).toArray()).toEqual([]);
        expect(await orders.findOne({ _id: 'a' })).toEqual({ _id: 'a', revision: 7, status: 'NEW' });
      });

      it.each(['', 'a$b', '.a', 'a.', 'a..b', 'system.users', 'a\0b'])('refuses the collection name %j', (bad) => {
        expect(() => store.collection(bad)).toThrow(/[Cc]ollection/);
      });
    });

    describe('inserting', () => {
      it('gives back the document as it was', async () => {
        const documents = fresh<Loose>();
        const document = {
          _id: 'a',
          text: 'naïve 𝒳 "quoted" \\ \u0000 \n',
          number: -1.5e-7,
          big: 2 ** 53 - 1,
          truth: false,
          nothing: null,
          at: new Date(1_700_000_000_123),
          nested: { list: [1, 'two', [3, { four: null }], {}], at: [new Date(0)] },
        };
        expect(await documents.insertOne(document)).toMatchObject({ acknowledged: true, insertedId: 'a' });
        expect(await documents.findOne({ _id: 'a' })).toEqual(document);
      });

      it('stores undefined as null and numbers beyond JSON', async () => {
        const documents = fresh<Loose>();
        await documents.insertOne({ _id: 'a', gone: undefined, infinite: -Infinity, nan: NaN });
        expect(await documents.findOne({ _id: 'a' })).toEqual({ _id: 'a', gone: null, infinite: -Infinity, nan: NaN });
      });

      it('gives a document without an id an ObjectId', async () => {
        const documents = fresh<Document>();
        const document: Document = { text: 'x' };
        const { insertedId } = await documents.insertOne(document);
        expect(String(insertedId)).toMatch(/^[0-9a-f]{24}$/);
        expect(await documents.findOne({ _id: insertedId })).toEqual({ _id: insertedId, text: 'x' });
        expect(document._id).toEqual(insertedId);
      });

      it('refuses an id twice with code 11000', async () => {
        const orders = fresh();
        await orders.insertOne({ _id: 'a', revision: 1 });
        await expect(orders.insertOne({ _id: 'a', revision: 2 })).rejects.toMatchObject({
          code: 11000,
          name: 'MongoServerError',
        });
        expect(await orders.findOne({ _id: 'a' })).toEqual({ _id: 'a', revision: 1 });
      });

      it('inserts what it can when unordered, and stops at the first refusal when ordered', async () => {
        const [unordered, ordered] = [fresh(), fresh()];
        const documents = () => [1, 2, 1, 3].map((id, revision) => ({ _id: String(id), revision }));
        const error = await bulkErrorOf(unordered.insertMany(documents(), { ordered: false }));
        expect(error.code).toBe(11000);
        expect([error.writeErrors].flat().map(({ index, code }) => [index, code])).toEqual([[2, 11000]]);
        expect(ids(await unordered.find().sort({ _id: 1 }).toArray())).toEqual(['1', '2', '3']);
        await bulkErrorOf(ordered.insertMany(documents()));
        expect(ids(await ordered.find().sort({ _id: 1 }).toArray())).toEqual(['1', '2']);
      });

      it('refuses a document larger than 16 MiB', async () => {
        const documents = fresh<Loose>();
        await expect(documents.insertOne({ _id: 'a', text: 'x'.repeat(17 * 1024 * 1024) })).rejects.toThrow();
        expect(await documents.countDocuments({})).toBe(0);
      });
    });

    describe('finding', () => {
      const five: Order[] = [
        { _id: 'a', revision: 1, status: 'PENDING', customerId: 'x', total: { amount: 5 }, tags: ['new', 'big'] },
        {
          _id: 'b',
          revision: 2,
          status: 'FAILED',
          customerId: 'x',
          total: { amount: 50 },
          lines: [{ sku: 's1', quantity: 1 }],
        },
        { _id: 'c', revision: 3, status: 'PENDING', customerId: 'y', total: { amount: 500 }, at: new Date(5) },
        {
          _id: 'd',
          revision: 4,
          status: 'CONFIRMED',
          customerId: null,
          lines: [
            { sku: 's1', quantity: 3 },
            { sku: 's2', quantity: 1 },
          ],
        },
        { _id: 'e', revision: 5, tags: [] },
      ];
      let orders: Documents<Order>;
      beforeAll(async () => {
        orders = fresh();
        await orders.insertMany(five.map((order) => ({ ...order })));
      });

      it.each<[Document, string]>([
        [{}, 'abcde'],
        [{ _id: 'b' }, 'b'],
        [{ _id: { $in: ['d', 'b', 'nobody', 'b'] } }, 'bd'],
        [{ _id: { $in: ['a', 'b', 'c'] }, status: 'PENDING' }, 'ac'],
        [{ _id: { $gt: 'b', $lte: 'd' } }, 'cd'],
        [{ status: 'PENDING' }, 'ac'],
        [{ status: { $in: ['FAILED', 'CONFIRMED'] } }, 'bd'],
        [{ status: { $ne: 'PENDING' } }, 'bde'],
        [{ customerId: null }, 'de'],
        [{ customerId: { $exists: false } }, 'e'],
        [{ 'total.amount': { $gte: 50 } }, 'bc'],
        [{ tags: 'big' }, 'a'],
        [{ 'lines.sku': 's1' }, 'bd'],
        [{ lines: { $elemMatch: { sku: 's1', quantity: { $gt: 1 } } } }, 'd'],
        [{ $or: [{ revision: 1 }, { status: 'FAILED' }] }, 'ab'],
        [{ $and: [{ status: 'PENDING' }, { revision: { $gt: 1 } }] }, 'c'],
        [{ status: /^PEN/ }, 'ac'],
        [{ at: { $lt: new Date(6) } }, 'c'],
        [{ at: new Date(5) }, 'c'],
        [{ revision: { $gt: 'text' } }, ''],
      ])('matches %j', async (filter, expected) => {
        const found = await orders.find(filter).sort({ _id: 1 }).toArray();
        expect(ids(found).join('')).toBe(expected);
        expect(await orders.countDocuments(filter)).toBe(expected.length);
      });

      it.each<[Document, string]>([
        [{ 'a.b': null }, 'abcfg'],
        [{ 'a.b': { $in: [null, 2] } }, 'abcfg'],
        [{ 'a.b': { $ne: null } }, 'de'],
        [{ 'a.b': { $nin: [null, new Date(0)] } }, 'de'],
        [{ 'a.b': { $eq: 1 } }, 'df'],
        [{ 'a.0.b': 1 }, 'df'],
        [{ o: { $eq: { x: 1, y: 2 } } }, 'ac'],
        [{ o: { $in: [{ x: 1, y: 2 }, 5] } }, 'ac'],
        [{ o: { $nin: [{ x: 1, y: 2 }] } }, 'bdefg'],
        [{ o: { $ne: { y: 2, x: 1 } } }, 'acdefg'],
        [{ o: [{ x: 1, y: 2 }] }, 'c'],
      ])('takes what is missing for null, and minds the order of fields: %j', async (filter, expected) => {
        const documents: { _id: string; a?: unknown; o?: unknown }[] = [
          { _id: 'a', o: { x: 1, y: 2 } },
          { _id: 'b', a: 5, o: { y: 2, x: 1 } },
          { _id: 'c', a: { b: null }, o: [{ x: 1, y: 2 }] },
          { _id: 'd', a: [{ b: 1 }] },
          { _id: 'e', a: [] },
          { _id: 'f', a: [{ b: 1 }, { c: 1 }] },
          { _id: 'g', a: [{}] },
        ];
        const odd = fresh<(typeof documents)[number]>();
        await odd.insertMany(documents);
        expect(ids(await odd.find(filter).sort({ _id: 1 }).toArray()).join('')).toBe(expected);
        await odd.createIndexes([{ key: { 'a.b': 1 } }, { key: { o: 1 } }]);
        expect(ids(await odd.find(filter).sort({ _id: 1 }).toArray()).join('')).toBe(expected);
      });

      it('sorts, skips and limits', async () => {
        expect(ids(await orders.find({}, { sort: { status: 1, revision: -1 } }).toArray())).toEqual([
          'e',
          'd',
          'b',
          'c',
          'a',
        ]);
        expect(ids(await orders.find().sort('revision', -1).skip(1).limit(2).toArray())).toEqual(['d', 'c']);
        expect(ids(await orders.find().sort({ revision: 1 }).limit(0).toArray())).toHaveLength(5);
        expect(await orders.findOne({}, { sort: { revision: -1 } })).toEqual(five[4]);
        expect(await orders.findOne({ _id: 'nobody' })).toBeNull();
      });

      it('projects', async () => {
        expect(await orders.findOne({ _id: 'a' }, { projection: { status: 1 } })).toEqual({
          _id: 'a',
          status: 'PENDING',
        });
        expect(await orders.findOne({ _id: 'a' }, { projection: { _id: 0, 'total.amount': 1 } })).toEqual({
          total: { amount: 5 },
        });
        expect(await orders.find({ _id: 'c' }).project({ total: 0, at: 0, customerId: 0 }).toArray()).toEqual([
          { _id: 'c', revision: 3, status: 'PENDING' },
        ]);
      });

      it('is pulled one by one, iterated, and closed early', async () => {
        const cursor = orders.find().sort({ _id: 1 });
        expect(await cursor.hasNext()).toBe(true);
        expect((await cursor.next())?._id).toBe('a');
        await cursor.close();
        const seen: string[] = [];
        for await (const { _id } of orders.find().sort({ _id: 1 })) {
          seen.push(_id);
          if (seen.length === 3) break;
        }
        expect(seen).toEqual(['a', 'b', 'c']);
      });

      it('streams a large collection whole', async () => {
        const many = fresh();
        const all = Array.from({ length: 2500 }, (_, at) => ({ _id: String(at).padStart(5, '0'), revision: at }));
        await many.insertMany(all);
        let count = 0;
        for await (const { revision } of many.find()) count += revision >= 0 ? 1 : 0;
        expect(count).toBe(2500);
        expect(
          ids(
            await many
              .find({ revision: { $gte: 1200 } })
              .sort({ revision: -1 })
              .limit(3)
              .toArray(),
          ),
        ).toEqual(['02499', '02498', '02497']);
      });

      it('refuses an unknown operator, also where nothing is stored', async () => {
        expect(await codeOf(orders.find({ status: { $foo: 1 } } as Document).toArray())).toBe(2);
        if (!features.operatorsChecked) return;
        expect(
          await codeOf(
            fresh()
              .find({ $foo: [] } as Document)
              .toArray(),
          ),
        ).toBe(2);
      });
    });

    describe('updating', () => {
      it('applies operators', async () => {
        const documents = fresh<Loose>();
        await documents.insertOne({ _id: 'a', n: 1, list: [1], nested: { x: 1, y: 2 } });
        const result = await documents.updateOne(
          { _id: 'a' },
          {
            $set: { 'nested.z.deep': 3 },
            $unset: { 'nested.x': '' },
            $inc: { n: 4, fresh: 2 },
            $push: { list: 2 } as never,
          },
        );
        expect(result).toMatchObject({
          acknowledged: true,
          matchedCount: 1,
          modifiedCount: 1,
          upsertedCount: 0,
          upsertedId: null,
        });
        expect(await documents.findOne({ _id: 'a' })).toEqual({
          _id: 'a',
          n: 5,
          fresh: 2,
          list: [1, 2],
          nested: { y: 2, z: { deep: 3 } },
        });
      });

      it('counts a match that changes nothing as not modified', async () => {
        const orders = fresh();
        await orders.insertOne({ _id: 'a', revision: 1 });
        expect(await orders.updateOne({ _id: 'a' }, { $set: { revision: 1 } })).toMatchObject({
          matchedCount: 1,
          modifiedCount: 0,
        });
        expect(await orders.replaceOne({ _id: 'a' }, { revision: 1 })).toMatchObject({
          matchedCount: 1,
          modifiedCount: 0,
        });
        expect(await orders.updateOne({ _id: 'b' }, { $set: { revision: 1 } })).toMatchObject({
          matchedCount: 0,
          modifiedCount: 0,
        });
      });

      it('upserts from the equalities of the filter', async () => {
        const orders = fresh();
        const update = { $inc: { revision: 1 }, $setOnInsert: { placedAt: 'now' } };
        const first = await orders.updateOne({ _id: 'a', status: 'PENDING' }, update, { upsert: true });
        expect(first).toMatchObject({ matchedCount: 0, modifiedCount: 0, upsertedCount: 1, upsertedId: 'a' });
        expect(await orders.findOne({ _id: 'a' })).toEqual({
          _id: 'a',
          status: 'PENDING',
          revision: 1,
          placedAt: 'now',
        });
        await orders.updateOne(
          { _id: 'a' },
          { $inc: { revision: 1 }, $setOnInsert: { placedAt: 'later' } },
          { upsert: true },
        );
        expect(await orders.findOne({ _id: 'a' })).toEqual({
          _id: 'a',
          status: 'PENDING',
          revision: 2,
          placedAt: 'now',
        });
      });

      it('reads an upsert that raced as code 11000', async () => {
        const orders = fresh();
        await orders.insertOne({ _id: 'a', revision: 2 });
        expect(await codeOf(orders.replaceOne({ _id: 'a', revision: 1 }, { revision: 2 }, { upsert: true }))).toBe(
          11000,
        );
      });

      it('replaces whole documents and keeps their id', async () => {
        const orders = fresh();
        await orders.insertOne({ _id: 'a', revision: 1, status: 'PENDING' });
        expect(await orders.replaceOne({ revision: 1 }, { revision: 2 })).toMatchObject({
          matchedCount: 1,
          modifiedCount: 1,
        });
        expect(await orders.findOne({ _id: 'a' })).toEqual({ _id: 'a', revision: 2 });
        expect(await codeOf(orders.replaceOne({ _id: 'a' }, { _id: 'b', revision: 3 } as never))).toBe(66);
      });

      it('finds and updates in one step', async () => {
        const orders = fresh();
        await orders.insertMany([3, 1, 2].map((revision) => ({ _id: `id-${revision}`, revision, status: 'PENDING' })));
        const claim = { $set: { status: 'CLAIMED' } };
        const before = await orders.findOneAndUpdate({ status: 'PENDING' }, claim, { sort: { revision: 1 } });
        expect(before).toEqual({ _id: 'id-1', revision: 1, status: 'PENDING' });
        const after = await orders.findOneAndUpdate({ status: 'PENDING' }, claim, {
          sort: { revision: 1 },
          returnDocument: 'after',
          projection: { _id: 1 },
        });
        expect(after).toEqual({ _id: 'id-2' });
        expect(await orders.findOneAndUpdate({ status: 'NONE' }, claim)).toBeNull();
        const upserted = await orders.findOneAndUpdate(
          { _id: 'new' },
          { $set: { revision: 9 } },
          { upsert: true, returnDocument: 'after' },
        );
        expect(upserted).toEqual({ _id: 'new', revision: 9 });
      });

      it('deletes one or many', async () => {
        const orders = fresh();
        await orders.insertMany(Array.from({ length: 700 }, (_, at) => ({ _id: String(at), revision: at % 2 })));
        expect(await orders.deleteOne({ _id: '0' })).toMatchObject({ deletedCount: 1 });
        expect(await orders.deleteOne({ _id: '0' })).toMatchObject({ deletedCount: 0 });
        expect(await orders.deleteMany({ revision: 1 })).toMatchObject({ deletedCount: 350 });
        expect(await orders.countDocuments({})).toBe(349);
      });

      it('refuses malformed updates before anything is written', async () => {
        const orders = fresh();
        await orders.insertOne({ _id: 'a', revision: 1 });
        await expect(orders.updateOne({ _id: 'a' }, { revision: 2 })).rejects.toThrow(/atomic operators/);
        await expect(orders.replaceOne({ _id: 'a' }, { $set: { revision: 2 } } as never)).rejects.toThrow(
          /atomic operators/,
        );
        expect(await codeOf(orders.updateOne({ _id: 'a' }, { $foo: { revision: 2 } }))).toBe(9);
        expect(await orders.findOne({ _id: 'a' })).toEqual({ _id: 'a', revision: 1 });
      });

      const refused: [Document, number][] = [
        [{ $set: { _id: 'b' } }, 66],
        [{ $inc: { status: 1 } }, 14],
        [{ $push: { status: 1 } }, 2],
        [{ $set: { 'status.deep': 1 } }, 28],
        [{ $set: { revision: 1 }, $inc: { revision: 1 } }, 40],
      ];
      (features.updateErrorCodes ? it.each(refused) : it.skip.each(refused))(
        'refuses %j with code %d',
        async (update, code) => {
          const orders = fresh();
          await orders.insertOne({ _id: 'a', revision: 1, status: 'PENDING' });
          expect(await codeOf(orders.updateOne({ _id: 'a' }, update))).toBe(code);
          expect(await orders.findOne({ _id: 'a' })).toEqual({ _id: 'a', revision: 1, status: 'PENDING' });
        },
      );
    });

    describe('bulk writes', () => {
      it('do all that can be done and name what cannot by index and code', async () => {
        const orders = fresh();
        await orders.insertMany([1, 2, 3, 4].map((at) => ({ _id: `id-${at}`, revision: at })));
        const error = await bulkErrorOf(
          orders.bulkWrite(
            [
              { replaceOne: { filter: { _id: 'id-1', revision: 1 }, replacement: { revision: 10 } } },
              { replaceOne: { filter: { _id: 'id-2', revision: 99 }, replacement: { revision: 20 } } },
              { insertOne: { document: { _id: 'id-3', revision: 30 } } },
              { insertOne: { document: { _id: 'id-5', revision: 5 } } },
              { updateOne: { filter: { _id: 'id-6' }, update: { $set: { revision: 6 } }, upsert: true } },
              { replaceOne: { filter: { _id: 'id-4', revision: 1 }, replacement: { revision: 40 }, upsert: true } },
              { deleteOne: { filter: { _id: 'id-3' } } },
            ],
            { ordered: false },
          ),
        );
        expect([error.writeErrors].flat().map(({ index, code }) => [index, code])).toEqual([
          [2, 11000],
          [5, 11000],
        ]);
        expect(error).toMatchObject({
          code: 11000,
          matchedCount: 1,
          modifiedCount: 1,
          deletedCount: 1,
          upsertedCount: 1,
        });
        expect(await orders.find({}, { sort: { _id: 1 } }).toArray()).toEqual([
          { _id: 'id-1', revision: 10 },
          { _id: 'id-2', revision: 2 },
          { _id: 'id-4', revision: 4 },
          { _id: 'id-5', revision: 5 },
          { _id: 'id-6', revision: 6 },
        ]);
      });

      it('take a thousand operations', async () => {
        const orders = fresh();
        const operations = Array.from({ length: 1000 }, (_, at) => ({
          insertOne: { document: { _id: `id-${at}`, revision: at } },
        }));
        const result = await orders.bulkWrite(operations, { ordered: false });
        expect(result).toMatchObject({ insertedCount: 1000, modifiedCount: 0 });
        expect(await orders.countDocuments({})).toBe(1000);
      });

      it('refuse to be empty', async () => {
        await expect(fresh().bulkWrite([])).rejects.toThrow(/empty/);
      });
    });

    describe('indexes', () => {
      it('are named, listed and idempotent', async () => {
        const orders = fresh();
        expect(await orders.createIndex({ customerId: 1, placedAt: -1 }, {}, {})).toBe('customerId_1_placedAt_-1');
        expect(await orders.createIndex({ customerId: 1, placedAt: -1 }, {}, {})).toBe('customerId_1_placedAt_-1');
        expect(
          await orders.createIndexes([
            { key: { status: 1 } },
            { key: { revision: 1 }, name: 'by_revision', unique: true },
          ]),
        ).toEqual(['status_1', 'by_revision']);
        const listed = await orders.indexes();
        expect(listed.map(({ name, key, unique }) => [name, key, unique ?? false])).toEqual([
          ['_id_', { _id: 1 }, false],
          ['customerId_1_placedAt_-1', { customerId: 1, placedAt: -1 }, false],
          ['status_1', { status: 1 }, false],
          ['by_revision', { revision: 1 }, true],
        ]);
        expect([85, 86]).toContain(await codeOf(orders.createIndexes([{ key: { status: 1 }, unique: true }])));
      });

      it('hold a unique index on insert, replace and update', async () => {
        const orders = fresh();
        await orders.createIndexes([{ key: { customerId: 1 }, unique: true }]);
        await orders.insertMany([
          { _id: 'a', revision: 1, customerId: 'x' },
          { _id: 'b', revision: 1, customerId: 'y' },
        ]);
        expect(await codeOf(orders.insertOne({ _id: 'c', revision: 1, customerId: 'x' }))).toBe(11000);
        expect(await codeOf(orders.updateOne({ _id: 'b' }, { $set: { customerId: 'x' } }))).toBe(11000);
        expect(await codeOf(orders.replaceOne({ _id: 'b', revision: 1 }, { revision: 2, customerId: 'x' }))).toBe(
          11000,
        );
        expect(await orders.findOne({ _id: 'b' })).toEqual({ _id: 'b', revision: 1, customerId: 'y' });
        await orders.deleteOne({ _id: 'a' });
        expect(await codeOf(orders.replaceOne({ _id: 'b', revision: 1 }, { revision: 2, customerId: 'x' }))).toBe(
          'resolved',
        );
      });

      it('are not built as unique over documents that break them', async () => {
        const orders = fresh();
        await orders.insertMany([1, 2].map((at) => ({ _id: `id-${at}`, revision: at, customerId: 'same' })));
        expect(await codeOf(orders.createIndexes([{ key: { customerId: 1 }, unique: true }]))).toBe(11000);
        expect((await orders.indexes()).map(({ name }) => name)).toEqual(['_id_']);
        expect(await codeOf(orders.insertOne({ _id: 'id-3', revision: 3, customerId: 'same' }))).toBe('resolved');
      });

      it('are complete when they are built while others write', async () => {
        const orders = fresh();
        await orders.insertMany(
          Array.from({ length: 2000 }, (_, at) => ({ _id: `id-${at}`, revision: at, status: `S${at % 3}` })),
        );
        const moves = Array.from({ length: 300 }, (_, at) =>
          orders.replaceOne({ _id: `id-${at * 5}` }, { revision: at, status: 'MOVED' }),
        );
        await Promise.all([orders.createIndexes([{ key: { status: 1, revision: 1 } }]), ...moves]);
        const all = await orders.find().toArray();
        for (const status of ['S0', 'S1', 'S2', 'MOVED']) {
          const expected = ids(all.filter((order) => order.status === status)).sort();
          expect(ids(await orders.find({ status }).toArray()).sort()).toEqual(expected);
        }
        expect(await orders.countDocuments({ status: 'MOVED' })).toBe(300);
      });

      const whenExplained = features.explain ? it : it.skip;
      whenExplained('serve equality, range and order, which explain shows', async () => {
        const orders = fresh();
        await orders.createIndexes([{ key: { customerId: 1, placedAt: -1 } }]);
        await orders.insertMany(
          Array.from({ length: 300 }, (_, at) => ({
            _id: `id-${at}`,
            revision: at,
            customerId: `c${at % 3}`,
            placedAt: String(1000 + at),
          })),
        );
        const page = () =>
          orders
            .find({ customerId: 'c1', placedAt: { $lt: '1200' } })
            .sort({ placedAt: -1 })
            .limit(3);
        expect(ids(await page().toArray())).toEqual(['id-199', 'id-196', 'id-193']);
        expect(indexesIn(await winningPlan(page()))).toEqual(['customerId_1_placedAt_-1']);
        expect(stagesOf(await winningPlan(page()))).not.toContain('SORT');
        expect(stagesOf(await winningPlan(orders.find({ customerId: 'c1' }).sort({ placedAt: 1 })))).not.toContain(
          'SORT',
        );
        expect(stagesOf(await winningPlan(orders.find({ revision: 5 })))).toContain('COLLSCAN');
        expect(stagesOf(await winningPlan(orders.find({ customerId: 'c1' }).sort({ revision: 1 })))).toContain('SORT');
        expect(stagesOf(await winningPlan(orders.find({ _id: 'id-1' })))).not.toContain('COLLSCAN');
      });

      it('reach the elements of arrays', async () => {
        const orders = fresh();
        await orders.createIndexes([{ key: { tags: 1 } }, { key: { 'lines.sku': 1 } }]);
        await orders.insertMany([
          {
            _id: 'a',
            revision: 1,
            tags: ['x', 'y', 'x'],
            lines: [
              { sku: 's1', quantity: 1 },
              { sku: 's2', quantity: 1 },
            ],
          },
          { _id: 'b', revision: 1, tags: ['y'], lines: [] },
          { _id: 'c', revision: 1, tags: [] },
        ]);
        expect(ids(await orders.find({ tags: 'y' }).sort({ _id: 1 }).toArray())).toEqual(['a', 'b']);
        expect(
          ids(
            await orders
              .find({ tags: { $gte: 'x' } })
              .sort({ _id: 1 })
              .toArray(),
          ),
        ).toEqual(['a', 'b']);
        expect(ids(await orders.find({ 'lines.sku': 's2' }).toArray())).toEqual(['a']);
        await orders.replaceOne({ _id: 'a' }, { revision: 2, tags: ['x'] });
        expect(ids(await orders.find({ tags: 'y' }).toArray())).toEqual(['b']);
        expect(ids(await orders.find({ 'lines.sku': 's2' }).toArray())).toEqual([]);
      });

      it('keep the edges of ranges, whichever way they run', async () => {
        const documents = fresh<Loose>();
        await documents.createIndexes([{ key: { up: 1 } }, { key: { down: -1 } }]);
        await documents.insertMany([1, 2, 2, 3].map((value, at) => ({ _id: `id-${at}`, up: value, down: value })));
        for (const path of ['up', 'down']) {
          for (const way of [1, -1] as const) {
            const count = async (bounds: Document) =>
              (await documents.find({ [path]: bounds }, { sort: { [path]: way } }).toArray()).length;
            expect(await count({ $gte: 2 })).toBe(3);
            expect(await count({ $gt: 2 })).toBe(1);
            expect(await count({ $lte: 2 })).toBe(3);
            expect(await count({ $lt: 2 })).toBe(1);
            expect(await count({ $gt: 1, $lt: 3 })).toBe(2);
            expect(await count({ $gte: 1, $lte: 3 })).toBe(4);
          }
        }
      });

      it('give one order over several values of the leading field', async () => {
        const documents = fresh<Loose>();
        await documents.createIndexes([{ key: { group: 1, n: -1 } }]);
        await documents.insertMany(Array.from({ length: 9 }, (_, n) => ({ _id: `id-${n}`, group: n % 3, n })));
        const found = await documents.find({ group: { $in: [2, 0] } }, { sort: { n: -1 }, limit: 4 }).toArray();
        expect(found.map(({ n }) => n as number)).toEqual([8, 6, 5, 3]);
      });

      it('let two elements of an array meet one side of a range each, and count the document once', async () => {
        const documents = fresh<Loose>();
        await documents.createIndexes([{ key: { n: 1 } }]);
        await documents.insertMany([
          { _id: 'a', n: [1, 9] },
          { _id: 'b', n: [4, 5] },
          { _id: 'c', n: [9, 10] },
        ]);
        const between = ids(await documents.find({ n: { $gt: 3, $lt: 6 } }, { sort: { _id: 1 } }).toArray());
        expect(between).toEqual(features.rangesOverElements ? ['a', 'b'] : ['b']);
        expect(ids(await documents.find({ n: { $gt: 0 } }, { sort: { _id: 1 } }).toArray())).toEqual(['a', 'b', 'c']);
        expect(await documents.countDocuments({ n: { $in: [4, 5, 9] } })).toBe(3);
        expect(ids(await documents.find({}, { sort: { n: -1 } }).toArray())).toEqual(['c', 'a', 'b']);
        expect(ids(await documents.find({ n: { $gt: 3 } }, { sort: { n: 1 } }).toArray())).toEqual(['a', 'b', 'c']);
      });

      it('answer any query as a search through everything does', async () => {
        const scalar = fc.oneof(
          { weight: 6, arbitrary: fc.integer({ min: -2, max: 2 }) },
          { weight: 3, arbitrary: fc.constantFrom('', 'a', 'ab', 'b', 'a\u0000', 'é', '\uffff', '😀') },
          fc.constantFrom(null, true, false, new Date(0), new Date(-1), 1.5, -0.5, 1e300, Infinity, -Infinity),
        );
        const list = fc.array(fc.integer({ min: -2, max: 2 }), { maxLength: 3 });
        const value = fc.oneof({ weight: 2, arbitrary: scalar }, { weight: 1, arbitrary: list });
        const nested = fc.record({ d: scalar }, { requiredKeys: [] });
        const document = fc.record({ a: scalar, b: value, c: nested }, { requiredKeys: [] });
        const bound = scalar.filter((edge) => edge !== null);
        const range = fc.oneof(
          fc.tuple(fc.constantFrom('$gt', '$gte'), bound).map(([operator, edge]) => ({ [operator]: edge })),
          fc.tuple(fc.constantFrom('$lt', '$lte'), bound).map(([operator, edge]) => ({ [operator]: edge })),
          fc
            .tuple(fc.constantFrom('$gt', '$gte'), fc.constantFrom('$lt', '$lte'), bound, bound)
            .map(([low, high, from, to]) => ({ [low]: from, [high]: to })),
        );
        const condition = fc.oneof(scalar, fc.record({ $in: fc.array(scalar, { maxLength: 3 }) }), range);
        const filter = fc.dictionary(fc.constantFrom('a', 'b', 'c.d'), condition, { maxKeys: 3 });
        const direction = fc.constantFrom(1 as const, -1 as const);
        const sort = fc
          .tuple(
            fc.shuffledSubarray(['a', 'b', 'c.d'], { maxLength: 3 }),
            fc.array(direction, { minLength: 4, maxLength: 4 }),
          )
          .map(([paths, ways]) => [...paths, '_id'].map((path, at) => [path, ways[at]] as [string, 1 | -1]));
        const window = fc.record({ skip: fc.integer({ min: 0, max: 3 }), limit: fc.integer({ min: 0, max: 6 }) });
        const query = fc.record({ filter, sort, window });
        await fc.assert(
          fc.asyncProperty(
            fc.array(document, { minLength: 5, maxLength: 40 }),
            fc.array(query, { minLength: 12, maxLength: 12 }),
            async (documents, queries) => {
              const [indexed, plain] = [fresh<Loose>(), fresh<Loose>()];
              await indexed.createIndexes([
                { key: { a: 1, b: -1 } },
                { key: { b: 1 } },
                { key: { 'c.d': -1, a: 1 } },
                { key: { a: -1, 'c.d': -1 } },
              ]);
              const all = () =>
                documents.map((fields, at) => ({
                  ...fields,
                  _id: `id-${String(at).padStart(2, '0')}`,
                }));
              await Promise.all([indexed.insertMany(all()), plain.insertMany(all())]);
              for (const { filter: where, sort: order, window: options } of queries) {
                const find = (collection: Documents<Loose>) =>
                  collection.find(where, { ...options, sort: order as Sort }).toArray();
                expect(ids(await find(indexed))).toEqual(ids(await find(plain)));
              }
              await Promise.all([indexed.drop(), plain.drop()]);
            },
          ),
          { numRuns: 40 },
        );
      });
    });

    describe('concurrent writers', () => {
      it('let exactly one conditional replace win each revision', async () => {
        const orders = fresh();
        const documents = Array.from({ length: 20 }, (_, at) => ({ _id: `id-${at}`, revision: 0 }));
        await orders.insertMany(documents.map((document) => ({ ...document })));
        for (let revision = 0; revision < 5; revision++) {
          const attempts = Array.from({ length: 16 }, (_, writer) =>
            orders.bulkWrite(
              documents.map(({ _id }) => ({
                replaceOne: {
                  filter: { _id, revision },
                  replacement: { revision: revision + 1, status: `writer-${writer}` },
                },
              })),
              { ordered: false },
            ),
          );
          const results = await Promise.all(attempts);
          expect(results.reduce((sum, { modifiedCount }) => sum + modifiedCount, 0)).toBe(documents.length);
        }
        expect(await orders.countDocuments({ revision: 5 })).toBe(documents.length);
      });

      it('let exactly one of many inserts of a unique value win', async () => {
        const orders = fresh();
        await orders.createIndexes([{ key: { customerId: 1 }, unique: true }]);
        const codes = await Promise.all(
          Array.from({ length: 40 }, (_, at) =>
            codeOf(orders.insertOne({ _id: `id-${at}`, revision: 1, customerId: `c${at % 4}` })),
          ),
        );
        expect(codes.filter((code) => code === 'resolved')).toHaveLength(4);
        expect(codes.filter((code) => code === 11000)).toHaveLength(36);
        expect(await orders.countDocuments({})).toBe(4);
      });

      it('never show half of a replaced document', async () => {
        type Wide = { _id: string; revision: number } & Record<string, number | string>;
        const wide = fresh<Wide>();
        const filled = (revision: number): Wide => {
          const fields = Array.from({ length: 100 }, (_, at): [string, number] => [`field${at}`, revision]);
          return { _id: 'a', ...Object.fromEntries(fields), revision };
        };
        await wide.insertOne(filled(0));
        let isWriting = true;
        const isWhole = (found: Wide): boolean =>
          Object.entries(found).every(([field, value]) => field === '_id' || value === found.revision);
        const torn: Wide[] = [];
        const reading = Array.from({ length: 4 }, async () => {
          while (isWriting) {
            await setImmediate();
            const found = await wide.find({ _id: { $in: ['a'] } }).toArray();
            torn.push(...found.filter((document) => !isWhole(document)));
          }
        });
        for (let revision = 1; revision <= 1_000; revision++) {
          await wide.bulkWrite([{ replaceOne: { filter: { _id: 'a' }, replacement: filled(revision) } }]);
        }
        isWriting = false;
        await Promise.all(reading);
        expect(torn).toEqual([]);
      }, 60_000);

      it('switch an alias once per generation', async () => {
        const aliases = fresh<{ _id: string; target: string; generation: number }>();
        await aliases.insertOne({ _id: 'orders', target: 'orders__1', generation: 1 });
        const switches = Array.from({ length: 10 }, (_, at) =>
          aliases.updateOne(
            { _id: 'orders', generation: 1 },
            { $set: { target: `orders__${at + 2}` }, $inc: { generation: 1 } },
          ),
        );
        const results = await Promise.all(switches);
        expect(results.filter(({ modifiedCount }) => modifiedCount === 1)).toHaveLength(1);
        expect(await aliases.findOne({ _id: 'orders' })).toMatchObject({ generation: 2 });
      });
    });

    const withProcesses = features.processes ? describe : describe.skip;
    withProcesses('several processes', () => {
      it('lose no update between them', async () => {
        const counters = fresh<Counter>();
        await counters.insertOne({ _id: 'counter', revision: 0, count: 0 });
        const job = {
          connection: subject.connection,
          collection: counters.collectionName,
          work: 'increment' as const,
          times: 200,
        };
        const children = [startProcess(job), startProcess(job)];
        const exits = children.map((child) => once(child, 'exit'));
        await increment(counters, 200);
        expect((await Promise.all(exits)).map(([code]) => code as unknown)).toEqual([0, 0]);
        expect(await counters.findOne({ _id: 'counter' })).toEqual({ _id: 'counter', revision: 600, count: 600 });
      }, 60_000);

      it('see an index that another one created, and keep it', async () => {
        const orders = fresh();
        await orders.insertOne({ _id: 'a', revision: 1, status: 'ONE' });
        const other = await subject.again();
        await other.collection<Order>(orders.collectionName).createIndexes([{ key: { status: 1 } }]);
        await orders.replaceOne({ _id: 'a' }, { revision: 2, status: 'TWO' });
        const found = await other.collection<Order>(orders.collectionName).find({ status: 'TWO' }).toArray();
        expect(ids(found)).toEqual(['a']);
        expect(await other.collection<Order>(orders.collectionName).countDocuments({ status: 'ONE' })).toBe(0);
        await other.close();
      });

      it('keep what was acknowledged when one is killed, with indexes that agree', async () => {
        const written = fresh<Written>();
        await written.createIndexes([{ key: { group: 1, round: -1 } }, { key: { round: 1 } }]);
        const child = startProcess({
          connection: subject.connection,
          collection: written.collectionName,
          work: 'write',
          times: 1_000_000,
        });
        const exit = once(child, 'exit');
        let acknowledged = -1;
        for await (const line of createInterface({ input: child.stdout! })) {
          acknowledged = Number(line);
          if (acknowledged === 40) child.kill('SIGKILL');
        }
        expect((await exit)[1]).toBe('SIGKILL');
        const all = await written.find().toArray();
        expect(all.length).toBeGreaterThan(0);
        expect(all.every(({ round }) => round >= acknowledged)).toBe(true);
        for (let group = 0; group < 7; group++) {
          const expected = ids(all.filter((document) => document.group === group)).sort();
          expect(ids(await written.find({ group }).sort({ round: -1 }).toArray()).sort()).toEqual(expected);
        }
        expect(await written.countDocuments({ round: { $gte: acknowledged } })).toBe(all.length);
        await written.updateOne({ _id: 'document-0' }, { $set: { group: 3 } });
        expect(await written.countDocuments({ group: 3, _id: 'document-0' })).toBe(1);
      }, 60_000);
    });
  });
}
