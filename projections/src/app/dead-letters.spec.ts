import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventTopic, ReadModelDocument } from '@order-flow/contracts';
import type { EventLog, LogRecord } from '@order-flow/event-log';
import type { ReadStore } from '@order-flow/read-store';
import { Readiness, silentLogger, supervise } from '@order-flow/service-kit';
import { overriding } from '@order-flow/service-kit/testing';
import { orderId, type OrderLog, orderLog, ordersProjection } from '../testing/order-log.js';
import { until } from '../testing/until.js';
import type { Projection } from '../domain/projection.js';
import { DeadLetters, projectionDeadLetters } from './dead-letters.js';
import { runProjection } from './run-projection.js';

const COLLECTION = 'orders__1';

let orders: OrderLog;
beforeEach(async () => {
  orders = await orderLog();
});
afterEach(() => orders.stop());

async function parked(): Promise<LogRecord[]> {
  const { log } = orders;
  const infos = await log.admin.partitions(projectionDeadLetters.name);
  const from = infos.map(({ partition, begin }) => ({ topic: projectionDeadLetters.name, partition, offset: begin }));
  const records: LogRecord[] = [];
  const options = { follow: false, signal: new AbortController().signal };
  for await (const batch of log.read(from, options)) records.push(...batch.records);
  return records;
}

const origins = (records: readonly LogRecord[]): string[] =>
  records.map(
    ({ headers }) => `${headers['dlq-topic'] ?? ''}-${headers['dlq-partition'] ?? ''}-${headers['dlq-offset'] ?? ''}`,
  );

/** A fold that fails for one order's confirmation. */
const failing: Projection = {
  ...ordersProjection,
  fold: (document, event, id) => {
    if (id === orderId(3) && (event as { type: string }).type === 'OrderConfirmed') throw new Error('cannot be folded');
    return ordersProjection.fold(document, event, id);
  },
};

/** Runs the projection as the service does, begun again after failures, while `work` is done. */
async function whileRunning(
  stores: { log?: EventLog; readStore?: ReadStore },
  work: () => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  const logger = silentLogger();
  const run = {
    projection: failing,
    collection: COLLECTION,
    log: orders.log,
    readStore: orders.readStore,
    ...stores,
    logger,
    changed: () => undefined,
    progressed: () => undefined,
  };
  const options = { signal: controller.signal, logger, readiness: new Readiness(), backoff: { initial: 1, max: 5 } };
  const running = supervise(COLLECTION, (...lifetime) => runProjection(run, ...lifetime), options);
  try {
    await work();
  } finally {
    controller.abort();
    await running;
  }
}

const folded = async (): Promise<boolean> => {
  const documents = (await orders.documents(COLLECTION)) as (ReadModelDocument & { status: string })[];
  return documents.length === 10 && documents.filter(({ status }) => status === 'CONFIRMED').length === 9;
};

const checkpointed = async (): Promise<boolean> => {
  const found = await orders.readStore
    .collection<{ _id: string; offset: number }>('projection_checkpoints')
    .find({})
    .toArray();
  const ends = await orders.log.admin.partitions('order.events');
  return ends.every(({ partition, end }) =>
    found.some(({ _id, offset }) => _id === `${COLLECTION}/order.events/${partition}` && offset === end),
  );
};

describe('a record that cannot be folded', () => {
  it('is parked once, and the others are folded', async () => {
    await orders.write(0, 10);
    await whileRunning({}, () => until(async () => (await folded()) && (await checkpointed())));
    const [letter, ...more] = await parked();
    expect(more).toEqual([]);
    expect(letter?.headers).toMatchObject({ 'dlq-error': 'cannot be folded', 'dlq-consumer': COLLECTION });
    expect(letter?.key).toBe(orderId(3));
  });

  it('is parked when the log refused that at first', async () => {
    await orders.write(0, 10);
    let refusals = 0;
    const log = overriding(orders.log, {
      openWriter: async (id) => {
        if (id.startsWith('projections-dlq') && refusals++ < 3) throw new Error('the log is away');
        return orders.log.openWriter(id);
      },
    });
    await whileRunning({ log }, () => until(async () => (await folded()) && (await checkpointed())));
    expect(refusals).toBeGreaterThan(3);
    expect(await parked()).toHaveLength(1);
  });

  it('is parked once though the documents could not be written at first', async () => {
    await orders.write(0, 10);
    let refusals = 0;
    const documents = orders.readStore.collection<ReadModelDocument>(COLLECTION);
    const unreliable = overriding(documents, {
      bulkWrite: async (...args) => {
        if (refusals++ < 2) throw new Error('the read store is away');
        return documents.bulkWrite(...args);
      },
    });
    const collection = (name: string) => (name === COLLECTION ? unreliable : orders.readStore.collection(name));
    const readStore = overriding(orders.readStore, { collection: collection as ReadStore['collection'] });
    await whileRunning({ readStore }, () => until(async () => (await folded()) && (await checkpointed())));
    expect(refusals).toBeGreaterThan(2);
    expect(await parked()).toHaveLength(1);
  });
});

it('a record that fails while others are being parked is parked too', async () => {
  const record = (offset: number): LogRecord => ({
    topic: (ordersProjection.sources[0] as EventTopic).name,
    partition: 0,
    offset,
    key: String(offset),
    value: null,
    headers: {},
    timestamp: 1,
  });
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let opened: () => void = () => undefined;
  const underWay = new Promise<void>((resolve) => (opened = resolve));
  const log = overriding(orders.log, {
    openWriter: async (id) => {
      opened();
      await held;
      return orders.log.openWriter(id);
    },
  });
  const letters = new DeadLetters(log, COLLECTION);
  letters.add(record(1), new Error('first'));
  const first = letters.flush();
  await underWay;
  letters.add(record(2), new Error('second'));
  const second = letters.flush();
  release();
  await Promise.all([first, second]);
  await letters.flush();
  expect(origins(await parked()).toSorted()).toEqual(['order.events-0-1', 'order.events-0-2']);
});
