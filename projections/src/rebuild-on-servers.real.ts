import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openEventLog } from '@order-flow/event-log';
import { openReadStore, readModelAlias } from '@order-flow/read-store';
import { type RunningKafka, type RunningMongo, startKafka, startMongo } from '@order-flow/servers';
import { type OrderLog, orderLog } from './testing/order-log.js';
import { serving } from './testing/serving.js';
import { until } from './testing/until.js';

const ORDERS = 300;
const PATIENCE_MS = 60_000;
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

interface Ended {
  readonly code: number | null;
  readonly said: string;
  readonly lines: readonly { event?: string; collection?: string; generation?: number }[];
}

describe('the rebuild program with Kafka and the MongoDB emulator', () => {
  let kafka: RunningKafka;
  let mongo: RunningMongo;
  let orders: OrderLog;
  let empty: string;
  let stopServing: () => Promise<void>;

  beforeAll(async () => {
    [kafka, mongo] = await Promise.all([startKafka(), startMongo()]);
    empty = await mkdtemp(join(tmpdir(), 'rebuild-'));
    const log = await openEventLog({ KAFKA_BROKERS: kafka.brokers }, '');
    const readStore = await openReadStore({ MONGO_URL: mongo.url }, '');
    orders = await orderLog({ log, readStore });
    await orders.write(0, ORDERS);
    stopServing = serving(orders);
    await until(async () => (await confirmed('orders__1')) === ORDERS, PATIENCE_MS);
  }, 180_000);
  afterAll(async () => {
    await stopServing();
    await orders.stop();
    await Promise.all([kafka.down(), mongo.down()]);
    await rm(empty, { recursive: true });
  }, 60_000);

  const confirmed = (collection: string): Promise<number> =>
    orders.readStore.collection(collection).countDocuments({ status: 'CONFIRMED' });

  async function program(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
    const child = spawn(process.execPath, ['scripts/run.mjs', 'rebuild', ...args, '--json'], {
      cwd: root,
      // what the suites around this one take from the environment is not this program's
      env: { ...process.env, KAFKA_BROKERS: '', MONGO_URL: '', NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
    const [code] = (await once(child, 'close')) as [number | null];
    const lines = output.stdout.split('\n').filter((line) => line.startsWith('{'));
    return { code, said: output.stderr, lines: lines.map((line) => JSON.parse(line) as Ended['lines'][number]) };
  }

  const rebuild = (...args: readonly string[]): Promise<Ended> =>
    program([...args, '--data-dir', empty], { KAFKA_BROKERS: kafka.brokers, MONGO_URL: mongo.url });

  it('shows as a dry run that nothing differs', async () => {
    const { code, lines, said } = await rebuild('orders', '--dry-run');
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(lines.at(-1)).toMatchObject({ event: 'done', same: ORDERS, different: 0, onlyOld: 0, onlyNew: 0 });
    expect(await orders.readStore.collections()).not.toContain('orders__dry_run');
  });

  it('switches to a new collection, and back, without a data directory', async () => {
    const built = await rebuild('orders');
    expect(built.lines.at(-1)).toEqual({
      event: 'done',
      projection: 'orders',
      collection: 'orders__2',
      generation: 2,
      deleted: [],
    });
    expect(await confirmed('orders__2')).toBe(ORDERS);
    await orders.write(ORDERS, ORDERS + 20);
    for (const collection of ['orders__1', 'orders__2'])
      await until(async () => (await confirmed(collection)) === ORDERS + 20, PATIENCE_MS);
    // what is kept for the way back says that it has everything only when its checkpoints say so
    await until(async () => (await rebuild('orders', '--rollback')).code === 0, PATIENCE_MS);
    expect(await readModelAlias(orders.readStore, 'orders')).toMatchObject({
      collection: 'orders__1',
      previous: 'orders__2',
      generation: 3,
    });
    expect(await readdir(empty)).toEqual([]);
  });

  it('needs the data directory for what is on no server, and says so', async () => {
    const { code, said } = await program(['orders', '--data-dir', empty], { KAFKA_BROKERS: kafka.brokers });
    expect(code).not.toBe(0);
    expect(said).toContain(`${empty} holds no read-store`);
  });
});
