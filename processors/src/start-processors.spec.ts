import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  inventoryEvents,
  orderEvents,
  paymentEvents,
  accountEvents,
  catalogEvents,
  orderCommands,
} from '@order-flow/contracts';
import { type EventLog, LogError, openMemoryEventLog } from '@order-flow/event-log';
import { Identity, silentLogger } from '@order-flow/service-kit';
import { memoryState, type StateBackend } from '@order-flow/streams';
import { orderFlowTopologies, startProcessors } from './start-processors.js';

const PARTITIONS = 2;

/** Local state whose writes fail while `full.reason` says why. */
function fillable(full: { reason?: string }): StateBackend {
  const backend = memoryState();
  return {
    close: () => backend.close(),
    slice(topology, number) {
      const slice = backend.slice(topology, number);
      return {
        meta: () => slice.meta(),
        get: (store, key) => slice.get(store, key),
        range: (store, range) => slice.range(store, range),
        wipe: () => slice.wipe(),
        commit: async (writes, meta) => {
          if (full.reason !== undefined) throw new Error(full.reason);
          await slice.commit(writes, meta);
        },
      };
    },
  };
}

describe('the processors over HTTP', () => {
  let log: EventLog;
  let processors: Awaited<ReturnType<typeof startProcessors>>;
  let operator: string;
  let customer: string;
  let refusals: number;
  let disk: { reason?: string };
  let away: boolean;

  beforeEach(async () => {
    const memory = await openMemoryEventLog();
    refusals = 1;
    disk = {};
    away = false;
    log = {
      admin: {
        ...memory.admin,
        partitions: async (topic) => {
          if (away) throw new LogError('LOG_UNAVAILABLE', 'no broker answers');
          return memory.admin.partitions(topic);
        },
      },
      identity: () => memory.identity(),
      close: () => memory.close(),
      openWriter: (id) => memory.openWriter(id),
      read: (from, options) => memory.read(from, options),
      join(group, topics, signal) {
        if (refusals-- > 0) throw new LogError('LOG_UNAVAILABLE', 'no broker answers');
        return memory.join(group, topics, signal);
      },
    };
    const internal = orderFlowTopologies(1_000).flatMap(({ internalTopics }) => internalTopics);
    const topics = [orderEvents, inventoryEvents, paymentEvents, accountEvents, catalogEvents, orderCommands];
    await log.admin.ensureTopics([...topics, ...internal], { partitions: PARTITIONS });
    const identity = await Identity.ephemeral();
    operator = await identity.issue({ subject: 'olga', role: 'operator' });
    customer = await identity.issue({ subject: 'ada', role: 'customer' });
    processors = await startProcessors({
      log,
      state: fillable(disk),
      identity,
      logger: silentLogger(),
      host: '127.0.0.1',
      port: 0,
      stepDeadlineMs: 1_000,
      commitIntervalMs: 10,
    });
    await eventually(async () => (await fetch(`${processors.server.url}/health/ready`)).ok);
  });
  afterEach(async () => {
    await processors.stop();
    await log.close();
  });

  async function eventually(condition: () => Promise<boolean>): Promise<void> {
    const until = performance.now() + 10_000;
    while (!(await condition())) {
      if (performance.now() > until) throw new Error('not within 10 s');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async function ask(
    method: 'GET' | 'POST',
    path: string,
    { body, token = operator }: { body?: unknown; token?: string } = {},
  ) {
    const headers = { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) };
    const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
    const response = await fetch(`${processors.server.url}${path}`, init);
    return {
      status: response.status,
      body: (await response.json()) as Record<string, unknown> & Record<string, unknown>[],
    };
  }
  const payment = async () => {
    const { body } = await ask('GET', '/topologies');
    return body.find(({ name }) => name === 'payment') as { paused: boolean; slices: { parked: number }[] };
  };
  const parked = async (): Promise<number> => (await payment()).slices.reduce((sum, slice) => sum + slice.parked, 0);

  async function poison(): Promise<void> {
    const writer = await log.openWriter('vandal');
    await writer.commit({
      records: [{ topic: accountEvents.name, key: 'ada', value: Buffer.from('{'), timestamp: 1 }],
    });
    await writer.close();
    await eventually(async () => (await parked()) === 1);
  }

  it('join a group that could not be joined at first', async () => {
    expect(refusals).toBeLessThan(0);
    expect(await ask('GET', '/topologies')).toMatchObject({ body: { length: 3 } });
  });

  it('are not ready, and say why, until local state can be written again', async () => {
    const ready = async () => {
      const response = await fetch(`${processors.server.url}/health/ready`);
      return { ok: response.ok, text: await response.text() };
    };
    disk.reason = 'no room in the state directory';
    await poison();
    await eventually(async () => !(await ready()).ok);
    await eventually(async () => (await ready()).text.includes('no room in the state directory'));
    delete disk.reason;
    await eventually(async () => (await ready()).ok);
    await eventually(async () => (await parked()) === 1);
  });

  it('are not ready while the log is away, though there is nothing to do', async () => {
    const ready = async () => (await fetch(`${processors.server.url}/health/ready`)).ok;
    away = true;
    await eventually(async () => !(await ready()));
    away = false;
    await eventually(ready);
  });

  it('pause and resume a topology', async () => {
    expect(await ask('POST', '/topologies/payment/pause')).toMatchObject({ status: 200, body: { paused: true } });
    expect((await payment()).paused).toBe(true);
    expect(await ask('POST', '/topologies/payment/resume')).toMatchObject({ status: 200, body: { paused: false } });
  });

  it('count parked records, try them again, and let go of them', async () => {
    await poison();
    expect(await ask('POST', '/topologies/payment/redrive', { body: { action: 'redrive' } })).toEqual({
      status: 202,
      body: { requested: [0, 1] },
    });
    const redrives = async (): Promise<number> =>
      (await log.admin.committed('payment'))
        .filter(({ topic }) => topic === 'payment.redrive')
        .reduce((sum, { offset }) => sum + offset, 0);
    await eventually(async () => (await redrives()) === PARTITIONS);
    expect(await parked()).toBe(1);
    const metrics = await (await fetch(`${processors.server.url}/metrics`)).text();
    expect(metrics).toMatch(/topology_parked_records\{topology="payment",slice="\d",service="processors"\} 1/);
    const about = { action: 'discard', topic: accountEvents.name, key: 'ada' };
    expect((await ask('POST', '/topologies/payment/redrive', { body: about })).status).toBe(202);
    await eventually(async () => (await parked()) === 0);
  });

  it('refuse what is not there, what is malformed, and customers', async () => {
    const refusals = [
      await ask('GET', '/topologies/nothing/stores/balances?slice=0'),
      await ask('GET', '/topologies/payment/stores/balances/nobody'),
      await ask('GET', '/topologies/payment/stores/balances?slice=x'),
      await ask('POST', '/topologies/payment/redrive', { body: { action: 'explode' } }),
      await ask('POST', '/topologies/payment/redrive', { body: { action: 'redrive', slice: 7 } }),
      await ask('POST', '/topologies/payment/pause', { token: customer }),
      await ask('GET', '/topologies', { token: customer }),
    ];
    expect(refusals.map(({ status, body }) => [status, body['code']])).toEqual([
      [404, 'NOT_FOUND'],
      [404, 'NOT_FOUND'],
      [422, 'INVALID_INPUT'],
      [422, 'INVALID_INPUT'],
      [422, 'INVALID_INPUT'],
      [403, 'FORBIDDEN'],
      [403, 'FORBIDDEN'],
    ]);
    expect(await ask('GET', '/topologies/payment/stores/balances?slice=0')).toEqual({
      status: 200,
      body: { entries: [] },
    });
  });
});
