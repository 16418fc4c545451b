import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { deterministicId, encodeEvent, type OrderCommandData, orderCommands } from '@order-flow/contracts';
import { type EventLog, openMemoryEventLog } from '@order-flow/event-log';
import { type EventStore, openEmbeddedEventStore } from '@order-flow/event-store';
import { createLogger, Metrics, silentLogger } from '@order-flow/service-kit';
import { overriding } from '@order-flow/service-kit/testing';
import { rememberedOrders } from './aggregates.js';
import { handle } from './handle.js';
import { sagaCommandMetrics } from './command-slice.js';
import { commandDeadLetters } from './dead-letters.js';
import { runSagaCommands, type SagaCommands } from './saga-commands.js';

const PARTITIONS = 3;
let directory: string;
let store: EventStore;
let log: EventLog;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'saga-commands-'));
  store = await openEmbeddedEventStore({ path: directory });
  log = await openMemoryEventLog();
  await log.admin.ensureTopics([orderCommands, commandDeadLetters], { partitions: PARTITIONS });
});
afterEach(async () => {
  await log.close();
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

/** A command for an order that does not exist: it is refused, and with that done with. */
function command(n: number): Buffer {
  const orderId = deterministicId('order', String(n));
  const id = deterministicId('command', String(n));
  return encodeEvent({
    specversion: '1.0',
    id,
    source: '/test',
    type: 'ConfirmOrder',
    subject: orderId,
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    schemaversion: 1,
    correlationid: id,
    causationid: id,
    data: { orderId },
  });
}

async function produce(values: readonly Buffer[]): Promise<void> {
  const writer = await log.openWriter('test');
  const topic = orderCommands.name;
  await writer.commit({ records: values.map((value, n) => ({ topic, key: `key-${n}`, value, timestamp: n })) });
  await writer.close();
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 10_000; !(await condition());) {
    if (Date.now() > deadline) throw new Error('not within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function start(changes: Partial<SagaCommands> = {}): () => Promise<void> {
  const stop = new AbortController();
  const metrics = sagaCommandMetrics(new Metrics('test'));
  const context = { store, orders: rememberedOrders(), log, logger: silentLogger(), metrics, ...changes };
  const running = runSagaCommands(context, stop.signal, () => undefined);
  running.catch(() => undefined);
  return () => {
    stop.abort();
    return running;
  };
}

const total = async (which: 'begin' | 'end', topic = orderCommands.name): Promise<number> =>
  (await log.admin.partitions(topic)).reduce((sum, info) => sum + info[which], 0);
const committed = async (): Promise<number> =>
  (await log.admin.committed('command-service')).reduce((sum, { offset }) => sum + offset, 0);

it('commands that are handled are committed, and then deleted', async () => {
  const stop = start({ trimEveryMs: 0 });
  await produce(Array.from({ length: 20 }, (_, n) => command(n)));
  await until(async () => (await total('begin')) === 20);
  expect(await committed()).toBe(20);
  await stop();
});

describe('a command that can wait', () => {
  const orderId = deterministicId('order', 'waits');
  const command = (type: OrderCommandData['type'], id: string) => {
    const shared = { source: '/test', subject: orderId, time: '2026-01-01T00:00:00.000Z', correlationid: 'c' };
    const constant = { specversion: '1.0', datacontenttype: 'application/json', schemaversion: 1 } as const;
    return encodeEvent({ ...constant, ...shared, id: deterministicId(id), type, causationid: 'c', data: { orderId } });
  };
  const send = (value: Buffer, key = 'same') =>
    log.openWriter('test').then((writer) => writer.commit({ records: [{ topic, key, value, timestamp: 0 }] }));
  const topic = orderCommands.name;
  let appended: number[];
  let watched: EventStore;

  beforeEach(async () => {
    const unitPrice = { amount: 100, currency: 'EUR' };
    const lines = [{ sku: 'TEA', name: 'Tea', quantity: 1, unitPrice }];
    const demand = { orderId, customerId: 'alice', lines, total: unitPrice };
    const context = { commandId: deterministicId('create'), correlationId: 'c', input: demand };
    await handle(store, rememberedOrders(), orderId, context, () => ({ type: 'CreateOrder' as const, demand }));
    appended = [];
    watched = overriding(store, {
      append: (stream, events, expected) => {
        appended.push(events.length);
        return store.append(stream, events, expected);
      },
    });
  });

  it('shares the append of the next one of its order', async () => {
    const stop = start({ store: watched });
    await send(command('MarkOrderStockReserved', 'a'));
    await send(command('ConfirmOrder', 'b'));
    await until(async () => (await committed()) === 2);
    await stop();
    expect(appended).toEqual([2]);
  });

  it('is handled alone when none follows, and counts as handled only then', async () => {
    const told: { appended: number; offset: number }[] = [];
    const counting = overriding(log, {
      admin: overriding(log.admin, {
        commitOffsets: (consumed) => {
          told.push(...consumed.offsets.map(({ offset }) => ({ appended: appended.length, offset })));
          return log.admin.commitOffsets(consumed);
        },
      }),
    });
    const stop = start({ store: watched, log: counting });
    await send(command('MarkOrderStockReserved', 'a'));
    await until(async () => (await committed()) === 1);
    await stop();
    expect(appended).toEqual([1]);
    expect(told.filter(({ offset }) => offset > 0)).toEqual([{ appended: 1, offset: 1 }]);
  });

  it('is handled when the service stops', async () => {
    const stop = start({ store: watched });
    await send(Buffer.from('no command'), 'same');
    await until(async () => (await total('end', commandDeadLetters.name)) === 1);
    await send(command('MarkOrderStockReserved', 'a'));
    await new Promise((resolve) => setTimeout(resolve, 10));
    await stop();
    expect(appended).toEqual([1]);
    expect(await committed()).toBe(2);
  });
});

it('what was handled when it stops is committed, and stays until its time', async () => {
  const stop = start();
  await produce([command(1), Buffer.from('no command'), command(2)]);
  await until(async () => (await total('end', commandDeadLetters.name)) === 1);
  await stop();
  await until(async () => (await committed()) === 3);
  expect(await total('begin')).toBe(0);
});

it('the last commit comes before the leave: only members may commit while the group has others', async () => {
  let left: AbortSignal | undefined;
  const commits: boolean[] = [];
  const watched = overriding(log, {
    join: (group, topics, signal) => log.join(group, topics, (left = signal)),
    admin: overriding(log.admin, {
      commitOffsets: (consumed) => {
        commits.push(left?.aborted ?? true);
        return log.admin.commitOffsets(consumed);
      },
    }),
  });
  const stop = start({ log: watched });
  await produce([Buffer.from('no command')]);
  await until(async () => (await total('end', commandDeadLetters.name)) === 1);
  await stop();
  expect(commits).toEqual([false]);
  expect(left?.aborted).toBe(true);
});

it('what is no command is parked once, though it comes again', async () => {
  await produce([Buffer.from('no command')]);
  const failing = overriding(log, {
    admin: overriding(log.admin, { commitOffsets: () => Promise.reject(new Error('the log is away')) }),
  });
  const dying = start({ log: failing });
  await until(async () => (await total('end', commandDeadLetters.name)) === 1);
  await expect(dying()).rejects.toThrow('the log is away');
  const stop = start();
  await until(async () => (await committed()) === 1);
  await stop();
  expect(await total('end', commandDeadLetters.name)).toBe(1);
});

it('commands to orders whose streams cannot be read are parked, and hold up no others', async () => {
  const [unknown, gone] = [1, 2].map((n) => deterministicId('order', String(n)));
  const metadata = { $correlationId: 'test', $causationId: 'test' };
  const event = { id: deterministicId('event'), type: 'OrderGiftWrapped', data: {}, metadata };
  await store.append(`order-${unknown}`, [event], 'no-stream');
  await store.tombstoneStream(`order-${gone}`, 'no-stream');
  const stop = start();
  await produce([1, 2, 1, 3].map((n) => command(n)));
  await until(async () => (await committed()) === 4);
  await stop();
  const ends = await log.admin.partitions(commandDeadLetters.name);
  const from = ends.map(({ partition }) => ({ topic: commandDeadLetters.name, partition, offset: 0 }));
  const reasons: (string | undefined)[] = [];
  for await (const { records } of log.read(from, { follow: false, signal: new AbortController().signal }))
    reasons.push(...records.map(({ headers }) => headers['dlq-error']));
  const unread = `event 0 of order-${unknown} cannot be read: OrderGiftWrapped is no event of order.events`;
  expect(reasons.toSorted()).toEqual([unread, unread, `stream order-${gone} was deleted for ever`]);
});

it('a member whose commits were lost goes on where the records begin', async () => {
  await produce(Array.from({ length: 20 }, (_, n) => command(n)));
  const before = (await log.admin.partitions(orderCommands.name)).map(({ partition, end }) => ({
    topic: orderCommands.name,
    partition,
    offset: end,
  }));
  await log.admin.deleteRecords(before);
  await produce([command(21)]);
  const stop = start();
  await until(async () => (await committed()) > 0);
  await stop();
  expect(await total('end')).toBe(21);
});

it('commands that were deleted before they were handled are told of', async () => {
  const stopFirst = start();
  await produce(Array.from({ length: 5 }, () => command(1)));
  await until(async () => (await committed()) === 5);
  await stopFirst();
  await produce(Array.from({ length: 20 }, (_, n) => command(n)));
  const ends = (await log.admin.partitions(orderCommands.name)).map(({ partition, end }) => ({
    topic: orderCommands.name,
    partition,
    offset: end,
  }));
  await log.admin.deleteRecords(ends);
  const said: string[] = [];
  const destination = { write: (line: string) => void said.push(line) };
  const stop = start({ logger: createLogger({ level: 'error', format: 'json', destination }) });
  await until(async () => said.length > 0);
  await stop();
  const [{ partition } = { partition: -1 }] = await log.admin.committed('command-service');
  expect(said.join('')).toContain(
    `order.commands-${partition} begins at ${ends[partition]?.offset}, but command-service has`,
  );
});
