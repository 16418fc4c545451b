import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { orderEvents } from '@order-flow/contracts';
import { type EventLog, openEventLog } from '@order-flow/event-log';
import { openEmbeddedEventStore } from '@order-flow/event-store';
import { openEmbeddedReadStore } from '@order-flow/read-store';
import { readSettings } from '@order-flow/service-kit';
import { seededRandom } from '@order-flow/service-kit/testing';
import { Command } from 'commander';
import { freePortOffset, PlatformProcess, type Ready } from '@order-flow/all-in-one';
import { audit, describeFindings } from './audit.js';
import { Load, type Target } from './load.js';
import { settled } from './settled.js';
import type { Finding } from './checks/topics.js';

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly workers: number;
  readonly seed: number;
}

const number = (text: string): number => Number(text);
const settings = readSettings(process.env);
const options = new Command('npm run verify:crash --')
  .description('Kills the platform under load (SIGKILL) again and again, then recomputes everything and compares.')
  .addHelpText('after', '\nWith KAFKA_BROKERS the event log is on Kafka, on brokers without topics of the platform.')
  .option('--rounds <n>', 'kills', number, 4)
  .option('--seconds <s>', 'load between two kills, at most', number, 4)
  .option('--workers <n>', 'requests at a time', number, 32)
  .option('--seed <n>', 'of the random load and moments', number, Date.now() % 1_000_000)
  .parse()
  .opts<Options>();

const openLog = (dataDir: string): Promise<EventLog> => openEventLog(settings, join(dataDir, 'event-log'));

/** Topics that hold something already would be taken for the outcome. */
async function refuseUsedBrokers(): Promise<void> {
  const log = await openLog('');
  try {
    const used = (await log.admin.topics()).some(({ name }) => name === orderEvents.name);
    if (!used) return;
    console.error(`Kafka at ${settings.KAFKA_BROKERS ?? ''} has topics of the platform; give it one of its own`);
    process.exit(1);
  } finally {
    await log.close();
  }
}

async function recompute(dataDir: string, load: Load): Promise<Finding[]> {
  const store = await openEmbeddedEventStore({ path: join(dataDir, 'event-store') });
  const log = await openLog(dataDir);
  const readStore = await openEmbeddedReadStore({ path: join(dataDir, 'read-store') });
  try {
    return await audit({ store, log, readStore }, load.acceptedOrders);
  } finally {
    await Promise.all([store.close(), log.close(), readStore.close()]);
  }
}

const targetOf = ({ urls, tokens }: Ready): Target => ({
  commands: [urls.commands],
  gateways: [urls.gateway],
  token: tokens.operator,
});

async function main(): Promise<void> {
  if (settings.KAFKA_BROKERS !== undefined) await refuseUsedBrokers();
  const dataDir = await mkdtemp(join(tmpdir(), 'verify-crash-'));
  const random = seededRandom(options.seed);
  const platform = new PlatformProcess(dataDir, await freePortOffset());
  const load = new Load(random, String(options.seed));
  const { KAFKA_BROKERS } = settings;
  console.log(`Seed ${options.seed}; data in ${dataDir}${KAFKA_BROKERS ? ` and on Kafka at ${KAFKA_BROKERS}` : ''}`);
  let ready = await platform.start();
  for (let round = 1; round <= options.rounds; round++) {
    const stop = new AbortController();
    const before = load.sent.length;
    const running = load.run(targetOf(ready), stop.signal, { workers: options.workers });
    const after = (0.2 + 0.8 * random()) * options.seconds * 1_000;
    await delay(after);
    await platform.kill();
    stop.abort();
    await running;
    const startedAt = performance.now();
    ready = await platform.start();
    const again = await load.settle(targetOf(ready));
    console.log(
      `Round ${round}: ${load.sent.length - before} commands, SIGKILL after ${(after / 1000).toFixed(1)} s, ` +
        `ready again after ${((performance.now() - startedAt) / 1000).toFixed(1)} s, ${again} sent again`,
    );
  }
  await settled(ready.urls.gateway, ready.tokens.operator, 120_000);
  await platform.stop();
  const findings = await recompute(dataDir, load);
  console.log(describeFindings(findings));
  const failed = findings.filter(({ violations }) => violations.length > 0).length;
  if (failed === 0) await rm(dataDir, { recursive: true, force: true });
  else console.log(`Replay: npm run verify:crash -- --seed ${options.seed}; the data is kept in ${dataDir}`);
  console.log(`${findings.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main();
