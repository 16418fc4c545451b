import { join } from 'node:path';
import { openEmbeddedReadStore } from '@order-flow/read-store';
import type { Documents } from '@order-flow/read-store';

const DOCUMENTS = 20_000;
const BATCH = 200;
const ROUNDS = 5;

interface OrderDocument {
  _id: string;
  revision: number;
  [field: string]: unknown;
}

/** The best of several rounds, and the size of the documents that were used. */
export interface ReadStoreFigures {
  /** Inserts a second, in bulk writes of 200, two indexes kept. */
  readonly insertsPerSecond: number;
  /** Replaces conditional on the revision a second, in bulk writes of 200 one after the other, two indexes kept. */
  readonly replacesPerSecond: number;
  /** The same with four bulk writes under way. */
  readonly concurrentReplacesPerSecond: number;
  /** Documents read by id a second, 200 ids a query. */
  readonly readsPerSecond: number;
  /** Pages of ten of a customer's newest orders a second. */
  readonly pagesPerSecond: number;
  readonly documentBytes: number;
}

const at = (second: number): string => new Date(1_735_689_600_000 + second * 1000).toISOString();
const money = (amount: number) => ({ amount, currency: 'EUR' });

/** An order of five lines as the read model holds it, about 1.4 KB. */
const order = (number: number, revision: number): OrderDocument => ({
  _id: `0190f2c1-7b1e-7000-8000-${String(number).padStart(12, '0')}`,
  revision,
  applied: { 'order.events:3': 1712 + number, 'inventory.events:3': 881 + revision, 'payment.events:3': 442 },
  customerId: `0190f2c1-7b1e-7000-9000-${String(number % 500).padStart(12, '0')}`,
  status: 'CONFIRMED',
  version: 3,
  lines: Array.from({ length: 5 }, (_, line) => ({
    sku: `SKU-${line}`,
    name: `Mechanical keyboard number ${line}`,
    quantity: line + 1,
    unitPrice: money(1999 + line),
  })),
  total: money(39_999),
  reason: null,
  detail: null,
  placedAt: at(number),
  updatedAt: at(number + 2),
  reservation: { status: 'RESERVED', at: at(number + 1) },
  payment: { status: 'CAPTURED', amount: money(39_999), reason: null, at: at(number + 1) },
  history: ['PENDING', 'RESERVED', 'CONFIRMED'].map((status, step) => ({
    status,
    version: step + 1,
    at: at(number + step),
  })),
});

const numbers = Array.from({ length: DOCUMENTS }, (_, number) => number);
const batches = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: items.length / BATCH }, (_, batch) => items.slice(batch * BATCH, (batch + 1) * BATCH));

/** Runs a task for each item, at most `width` at a time; returns items per second. */
async function rate<T>(items: readonly T[], width: number, task: (item: T) => Promise<unknown>): Promise<number> {
  const queue = items.values();
  const started = performance.now();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of queue) await task(item);
    }),
  );
  return (items.length / (performance.now() - started)) * 1000;
}

async function replaceRound(orders: Documents<OrderDocument>, revision: number, width: number): Promise<number> {
  const replacements = numbers.map((number) => {
    const replacement = order(number, revision + 1);
    return { replaceOne: { filter: { _id: replacement._id, revision }, replacement } };
  });
  const perSecond = await rate(batches(replacements), width, async (operations) => {
    const { modifiedCount } = await orders.bulkWrite(operations, { ordered: false });
    if (modifiedCount !== BATCH) throw new RangeError(`replaced ${modifiedCount} of ${BATCH}`);
  });
  return perSecond * BATCH;
}

/** Measures the embedded read store below a directory, which is left to the caller to remove. */
export async function benchReadStore(directory: string): Promise<ReadStoreFigures> {
  const store = await openEmbeddedReadStore({ path: join(directory, 'read-store') });
  const orders = store.collection<OrderDocument>('orders');
  await orders.createIndexes([{ key: { customerId: 1, placedAt: -1 } }, { key: { status: 1, placedAt: -1 } }]);
  const documents = numbers.map((number) => order(number, 1));
  const inserts = await rate(batches(documents), 1, (batch) => orders.insertMany(batch, { ordered: false }));

  const rounds = { one: [] as number[], four: [] as number[], reads: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    rounds.one.push(await replaceRound(orders, round * 2 + 1, 1));
    rounds.four.push(await replaceRound(orders, round * 2 + 2, 4));
    const ids = numbers.map((number) => order((number * 7919) % DOCUMENTS, 0)._id);
    rounds.reads.push(await rate(batches(ids), 1, ($in) => orders.find({ _id: { $in } }).toArray()));
  }
  const customers = numbers.slice(0, 2000).map((number) => order(number, 0).customerId);
  const pages = await rate(customers, 1, (customerId) =>
    orders.find({ customerId }).sort({ placedAt: -1 }).limit(10).toArray(),
  );
  await store.close();
  return {
    insertsPerSecond: Math.round(inserts * BATCH),
    replacesPerSecond: Math.round(Math.max(...rounds.one)),
    concurrentReplacesPerSecond: Math.round(Math.max(...rounds.four)),
    readsPerSecond: Math.round(Math.max(...rounds.reads) * BATCH),
    pagesPerSecond: Math.round(pages),
    documentBytes: Buffer.byteLength(JSON.stringify(order(1, 1))),
  };
}
