import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openEventLog } from '@order-flow/event-log';
import { type RunningKafka, startKafka } from '@order-flow/servers';
import { auditLog } from './testing/audit-log.js';
import { eventually, RunningPlatform } from './testing/running-platform.js';
import { ada, customer, Shop, tessa } from './testing/shop.js';

const READY_WITHIN_MS = 60_000;
const PATIENCE_MS = 60_000;
const CUSTOMERS = ['bruno', 'clara', 'david', 'elif', 'farid', 'greta', 'hugo', 'ines'];
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

let kafka: RunningKafka;
let platform: RunningPlatform;
let shop: Shop;

async function start(dataDir?: string): Promise<void> {
  platform = await RunningPlatform.start({
    settings: { KAFKA_BROKERS: kafka.brokers },
    readyWithinMs: READY_WITHIN_MS,
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  shop = new Shop(platform, PATIENCE_MS);
}

/** Topics have names of the platform's own, so it has brokers of its own. */
beforeAll(async () => {
  kafka = await startKafka();
  await start();
  await platform.seed();
  const seeded = async () => (await shop.balanceOf('ada')) > 0 && (await shop.balanceOf('tessa')) > 0;
  await eventually(async () => (await seeded()) || undefined, PATIENCE_MS);
}, 180_000);
afterAll(async () => {
  await platform.stop();
  await kafka.down();
}, 60_000);

const readiness = async (service: 'commands' | 'projections'): Promise<number> =>
  (await fetch(`${platform.urls[service]}/health/ready`)).status;

async function audit(): Promise<string[]> {
  await shop.caughtUp();
  const log = await openEventLog({ KAFKA_BROKERS: kafka.brokers }, '');
  try {
    return await auditLog(platform.platform.store, log);
  } finally {
    await log.close();
  }
}

/** Places orders one after the other, at most 300, until it is told to stop. */
function buying(sku: string): { readonly stop: () => Promise<string[]> } {
  const ids: string[] = [];
  const stopped = new AbortController();
  const running = (async () => {
    while (ids.length < 300 && !stopped.signal.aborted) {
      ids.push((await shop.place(customer(CUSTOMERS[ids.length % 8] ?? 'ada'), sku, 1)).id);
    }
  })();
  const stop = async (): Promise<string[]> => {
    stopped.abort();
    await running;
    return ids;
  };
  return { stop };
}

describe('the platform with its event log on Kafka', () => {
  it('confirms what can be had and paid, fails the rest, and stock and money add up', async () => {
    const before = await shop.balanceOf('ada');
    const [bought, tooMuch, tooDear] = await Promise.all([
      shop.place(ada, 'TEA-MATCHA', 2),
      shop.place(ada, 'MACHINE-LEVER', 13),
      shop.place(tessa, 'KETTLE-GOOSENECK', 1),
    ]);
    expect(await shop.ended(bought.id, 'CONFIRMED')).toMatchObject({ version: 3, total: { amount: 3_980 } });
    expect(await shop.ended(tooMuch.id, 'FAILED')).toMatchObject({ reason: 'OUT_OF_STOCK' });
    expect(await shop.ended(tooDear.id, 'FAILED')).toMatchObject({ reason: 'INSUFFICIENT_FUNDS' });
    const kettles = await eventually(async () => {
      const stock = await shop.stockOf('KETTLE-GOOSENECK');
      return stock.reserved === 0 ? stock : undefined;
    });
    expect(kettles).toEqual({ onHand: 200, reserved: 0, available: 200 });
    expect(await shop.stockOf('TEA-MATCHA')).toEqual({ onHand: 400, reserved: 2, available: 398 });
    expect(await shop.stockOf('MACHINE-LEVER')).toEqual({ onHand: 12, reserved: 0, available: 12 });
    expect(await shop.balanceOf('ada')).toBe(before - 3_980);
    expect(await shop.balanceOf('tessa')).toBe(2_500);
  });

  it('sells the last units once', async () => {
    const placed = await Promise.all(
      Array.from({ length: 80 }, (_, n) => shop.place(customer(CUSTOMERS[n % 8] ?? 'ada'), 'COFFEE-GEISHA', 1)),
    );
    const orders = await Promise.all(placed.map(({ id }) => shop.ended(id, 'CONFIRMED', 'FAILED')));
    expect(orders.filter(({ status }) => status === 'CONFIRMED')).toHaveLength(60);
    expect(orders.filter(({ reason }) => reason === 'OUT_OF_STOCK')).toHaveLength(20);
    expect(await shop.stockOf('COFFEE-GEISHA')).toEqual({ onHand: 60, reserved: 60, available: 0 });
  });

  it('goes on where it was stopped, and carries what it had only accepted', async () => {
    const placed = await Promise.all(Array.from({ length: 20 }, () => shop.place(ada, 'TEA-EARLGREY', 1)));
    const { dataDir } = platform;
    await platform.stop({ keepData: true });
    await start(dataDir);
    for (const { id } of placed) await shop.ended(id, 'CONFIRMED');
    expect((await shop.stockOf('TEA-EARLGREY')).reserved).toBe(20);
    expect(await audit()).toEqual([]);
  });

  it('is not ready without its broker, still takes orders, and has them all once when the broker is back', async () => {
    const load = buying('FILTER-V60-100');
    await eventually(async () => ((await shop.stockOf('FILTER-V60-100')).reserved > 5 ? true : undefined));
    // Not killed: a lone broker that is killed may skip a transaction's markers when it comes back (docs/how-it-works.md).
    await kafka.stop(1);
    for (const service of ['commands', 'projections'] as const) {
      await eventually(async () => ((await readiness(service)) === 503 ? true : undefined), PATIENCE_MS);
    }
    const { id } = await shop.place(ada, 'TEA-ROOIBOS', 1);
    const ids = await load.stop();
    await kafka.start(1);
    for (const service of ['commands', 'projections'] as const) {
      await eventually(async () => ((await readiness(service)) === 200 ? true : undefined), PATIENCE_MS);
    }
    await shop.ended(id, 'CONFIRMED');
    for (const each of ids) await shop.ended(each, 'CONFIRMED', 'FAILED');
    const orders = await Promise.all(ids.map((each) => shop.read(each)));
    const confirmed = orders.filter((order) => order?.status === 'CONFIRMED').length;
    expect((await shop.stockOf('FILTER-V60-100')).reserved).toBe(confirmed);
    expect(await audit()).toEqual([]);
  }, 240_000);
});

it('is killed under load again and again, and everything adds up', async () => {
  const own = await startKafka();
  const args = ['scripts/run.mjs', 'verify-crash', '--rounds', '2', '--seconds', '3', '--workers', '8'];
  try {
    const verify = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, KAFKA_BROKERS: own.brokers },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [verify.stdout, verify.stderr])
      stream.on('data', (chunk: Buffer) => (output += String(chunk)));
    const [code] = (await once(verify, 'close')) as [number];
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(' passed, 0 failed') });
    const [, dataDir] = /data in (\S+)/.exec(output) ?? [];
    if (dataDir) await rm(dataDir, { recursive: true, force: true });
  } finally {
    await own.down();
  }
}, 300_000);
