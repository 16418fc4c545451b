import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openEmbeddedEventLog } from '@order-flow/event-log';
import { openEmbeddedEventStore } from '@order-flow/event-store';
import { openEmbeddedReadStore } from '@order-flow/read-store';
import { Command } from 'commander';
import { freePortOffset, PlatformProcess, type Ready } from './platform-process.js';
import { seededRandom } from './random.js';
import { Load } from './verify/load.js';
import { checkBridge, checkUniqueness } from './verify/check-bridge.js';
import { checkMoney, checkStock } from './verify/check-conservation.js';
import { checkOrders } from './verify/check-orders.js';
import { checkReadModels } from './verify/check-read-models.js';
import { type Finding, readAllTopics } from './verify/topics.js';

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly workers: number;
  readonly seed: number;
}

const number = (text: string): number => Number(text);
const options = new Command('npm run verify:crash --')
  .description('Kills the platform under load (SIGKILL) again and again, then recomputes everything and compares.')
  .option('--rounds <n>', 'kills', number, 4)
  .option('--seconds <s>', 'load between two kills, at most', number, 4)
  .option('--workers <n>', 'requests at a time', number, 32)
  .option('--seed <n>', 'of the random load and moments', number, Date.now() % 1_000_000)
  .parse()
  .opts<Options>();

const settled = async ({ urls, tokens }: Ready, deadline: number): Promise<void> => {
  const headers = { authorization: `Bearer ${tokens.operator}` };
  for (;;) {
    const statuses = (await (await fetch(`${urls.projections}/projections`, { headers })).json()) as { lag: number }[];
    const open = await openOrders(urls.gateway, headers);
    if (open === 0 && statuses.every(({ lag }) => lag === 0)) return;
    if (Date.now() > deadline) throw new Error(`${open} orders are still open, lag ${JSON.stringify(statuses)}`);
    await delay(50);
  }
};

async function openOrders(gateway: string, headers: Record<string, string>): Promise<number> {
  const query = '{ orders(first: 100, filter: {statuses: [PENDING, RESERVED, CANCELLING]}) { edges { node { id } } } }';
  const response = await fetch(`${gateway}/graphql`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data } = (await response.json()) as { data: { orders: { edges: unknown[] } } };
  return data.orders.edges.length;
}

async function recompute(dataDir: string, load: Load): Promise<Finding[]> {
  const store = await openEmbeddedEventStore({ path: join(dataDir, 'event-store') });
  const log = await openEmbeddedEventLog({ path: join(dataDir, 'event-log') });
  const readStore = await openEmbeddedReadStore({ path: join(dataDir, 'read-store') });
  try {
    const topics = await readAllTopics(log);
    return [
      await checkBridge(store, topics),
      checkUniqueness(topics),
      checkOrders(topics, load.acceptedOrders),
      await checkStock(topics, readStore),
      await checkMoney(topics, readStore),
      ...(await checkReadModels(topics, readStore)),
    ];
  } finally {
    await Promise.all([store.close(), log.close(), readStore.close()]);
  }
}

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'verify-crash-'));
  const random = seededRandom(options.seed);
  const platform = new PlatformProcess(dataDir, await freePortOffset());
  const load = new Load(random, String(options.seed));
  console.log(`Seed ${options.seed}; data in ${dataDir}`);
  let ready = await platform.start();
  for (let round = 1; round <= options.rounds; round++) {
    const stop = new AbortController();
    const before = load.sent.length;
    const running = load.run(ready, options.workers, stop.signal);
    const after = (0.2 + 0.8 * random()) * options.seconds * 1_000;
    await delay(after);
    await platform.kill();
    stop.abort();
    await running;
    const startedAt = performance.now();
    ready = await platform.start();
    const again = await load.settle(ready);
    console.log(
      `Round ${round}: ${load.sent.length - before} commands, SIGKILL after ${(after / 1000).toFixed(1)} s, ` +
        `ready again after ${((performance.now() - startedAt) / 1000).toFixed(1)} s, ${again} sent again`,
    );
  }
  await settled(ready, Date.now() + 120_000);
  await platform.stop();
  const findings = await recompute(dataDir, load);
  for (const { claim, violations, checked } of findings) {
    console.log(`${violations.length === 0 ? 'ok  ' : 'FAIL'} ${claim} (${checked} checked)`);
    for (const violation of violations.slice(0, 5)) console.log(`       ${violation}`);
  }
  const failed = findings.filter(({ violations }) => violations.length > 0).length;
  if (failed === 0) await rm(dataDir, { recursive: true, force: true });
  else console.log(`Replay: npm run verify:crash -- --seed ${options.seed}; the data is kept in ${dataDir}`);
  console.log(`${findings.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main();
