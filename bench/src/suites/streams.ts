import { join } from 'node:path';
import {
  deterministicId,
  encodeEvent,
  inventoryEvents,
  paymentEvents,
  type TopicSettings,
} from '@order-flow/contracts';
import { type EventLog, type NewRecord, openEmbeddedEventLog, partitionForKey } from '@order-flow/event-log';
import { lmdbState, ofType, runTopology, topology } from '@order-flow/streams';
import { z } from 'zod';
import { medians } from '../median.js';
import type { BenchRun, Suite } from '../suite.js';

const RECORDS = 60_000;
const ORDERS = 20_000;
const PARTITIONS = 6;
const COMMIT = 500;

/** Captures each order once and remembers it: a decision, a store and its changelog, an output. */
const capture = topology('bench', (t) => {
  const captured = t.store('captured', z.object({ requests: z.int() }));
  t.from(inventoryEvents)
    .pipe(ofType('InventoryReserved'))
    .decide(captured, {
      initialState: () => ({ requests: 0 }),
      decide: ({ data: { orderId, customerId, total } }) => [
        { type: 'PaymentCaptured' as const, data: { orderId, customerId, amount: total } },
      ],
      evolve: ({ requests }) => ({ requests: requests + 1 }),
    })
    .to(paymentEvents);
});

const settings: readonly TopicSettings[] = [inventoryEvents, paymentEvents, ...capture.internalTopics];

function reserved(index: number): NewRecord {
  const orderId = deterministicId('bench', String(index % ORDERS));
  const time = new Date(1_735_689_600_000 + index).toISOString();
  const price = { amount: 1_090, currency: 'EUR' };
  const value = encodeEvent({
    specversion: '1.0',
    id: deterministicId('bench', 'event', String(index)),
    source: '/bench',
    type: 'InventoryReserved',
    subject: orderId,
    time,
    datacontenttype: 'application/json',
    schemaversion: 1,
    correlationid: orderId,
    causationid: orderId,
    data: {
      orderId,
      customerId: `customer-${index % 500}`,
      lines: [
        { sku: 'COFFEE-FILTER-NYERI', name: 'Nyeri AA, 250 g', quantity: 2, unitPrice: price },
        { sku: 'FILTER-V60-100', name: 'Paper filters 02, 100 pieces', quantity: 1, unitPrice: price },
      ],
      total: { amount: 3_270, currency: 'EUR' },
    },
  });
  const partition = partitionForKey(orderId, PARTITIONS);
  return { topic: inventoryEvents.name, partition, key: orderId, value, timestamp: Date.parse(time) };
}

async function fill(log: EventLog): Promise<void> {
  await log.admin.ensureTopics(settings, { partitions: PARTITIONS });
  const writer = await log.openWriter('bench-input');
  for (let done = 0; done < RECORDS; done += COMMIT)
    await writer.commit({ records: Array.from({ length: COMMIT }, (_, index) => reserved(done + index)) });
  await writer.close();
}

/** From the start of the topology until every input is consumed, its outputs committed. */
async function consume(log: EventLog, directory: string): Promise<{ seconds: number; commits: number }> {
  const state = lmdbState(join(directory, 'state'));
  const stop = new AbortController();
  const failure: Error[] = [];
  const counts = { consumed: 0, commits: 0 };
  const startedAt = performance.now();
  let endedAt = NaN;
  const { done } = runTopology({
    topology: capture,
    log,
    state,
    signal: stop.signal,
    observer: {
      committed: ({ consumed }) => {
        counts.consumed += consumed;
        counts.commits += 1;
        if (counts.consumed < RECORDS) return;
        endedAt = performance.now();
        stop.abort();
      },
      failed: (_slice, error) => {
        failure.push(error);
        stop.abort();
      },
    },
  });
  await done;
  await state.close();
  for (const error of failure) throw error;
  return { seconds: (endedAt - startedAt) / 1_000, commits: counts.commits };
}

const measure = ({ inDirectory }: BenchRun) =>
  inDirectory(async (directory) => {
    const log = await openEmbeddedEventLog({ path: join(directory, 'event-log') });
    try {
      await fill(log);
      const { seconds, commits } = await consume(log, directory);
      return { perSecond: RECORDS / seconds, perCommit: RECORDS / commits };
    } finally {
      await log.close();
    }
  });

export const streamsSuite: Suite = async (run) => {
  const { perSecond, perCommit } = await medians(run.runs, () => measure(run));
  return [
    { name: 'decide with store, changelog and output, six slices', value: perSecond, unit: 'records/s' },
    { name: 'records a commit under this load', value: perCommit, unit: 'records' },
  ];
};
