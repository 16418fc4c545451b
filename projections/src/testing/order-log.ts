import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CloudEvent,
  deterministicId,
  encodeEvent,
  eventTopics,
  type OrderDomainEvent,
  type ReadModelDocument,
} from '@order-flow/contracts';
import { type EventLog, openMemoryEventLog } from '@order-flow/event-log';
import { openEmbeddedReadStore, type ReadStore } from '@order-flow/read-store';
import { silentLogger } from '@order-flow/service-kit';
import { projectionDeadLetters } from '../app/dead-letters.js';
import type { RebuildOptions } from '../app/rebuild.js';
import { orders } from '../domain/orders.js';
import type { Projection } from '../domain/projection.js';

export const ordersProjection = orders as unknown as Projection;
export const orderId = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** A log of orders, and a read store beside it. */
export interface OrderLog {
  readonly log: EventLog;
  readonly readStore: ReadStore;
  readonly rebuildOptions: RebuildOptions;
  /** Writes orders `from` to `to` (exclusive), each created and confirmed. */
  write(from: number, to: number): Promise<void>;
  documents(collection: string): Promise<ReadModelDocument[]>;
  stop(): Promise<void>;
}

const event = (n: number, revision: number, { type, data }: OrderDomainEvent): CloudEvent => ({
  specversion: '1.0',
  id: deterministicId(String(n), type),
  source: '/test',
  type,
  subject: orderId(n),
  time: new Date(Date.UTC(2026, 0, 1) + n * 1_000 + revision).toISOString(),
  datacontenttype: 'application/json',
  schemaversion: 1,
  correlationid: 'c',
  causationid: 'c',
  streamrevision: revision,
  data,
});

function story(n: number): CloudEvent[] {
  const only = { orderId: orderId(n), customerId: 'alice' };
  const amount = { amount: 100, currency: 'EUR' };
  const lines = [{ sku: 'TEA', name: 'Tea', quantity: 1, unitPrice: amount }];
  return [
    event(n, 0, { type: 'OrderCreated', data: { ...only, lines, total: amount } }),
    event(n, 1, { type: 'OrderConfirmed', data: only }),
  ];
}

/** On the stores that are given, which `stop` closes; a log in memory and a temporary read store for those that are not. */
export async function orderLog(given: { log?: EventLog; readStore?: ReadStore } = {}): Promise<OrderLog> {
  const directory = await mkdtemp(join(tmpdir(), 'projections-'));
  const log = given.log ?? (await openMemoryEventLog());
  await log.admin.ensureTopics([...eventTopics, projectionDeadLetters], { partitions: 3 });
  const readStore = given.readStore ?? (await openEmbeddedReadStore({ path: directory }));
  return {
    log,
    readStore,
    rebuildOptions: {
      log,
      readStore,
      logger: silentLogger(),
      projection: ordersProjection,
      signal: new AbortController().signal,
      progress: () => undefined,
    },
    async write(from, to) {
      const writer = await log.openWriter('test');
      const events = Array.from({ length: to - from }, (_, index) => story(from + index)).flat();
      const records = events.map((one) => ({
        topic: 'order.events',
        key: one.subject,
        value: encodeEvent(one),
        timestamp: Date.parse(one.time),
      }));
      await writer.commit({ records });
      await writer.close();
    },
    documents: (collection) => readStore.collection<ReadModelDocument>(collection).find({}).sort({ _id: 1 }).toArray(),
    async stop() {
      await readStore.close();
      await log.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
