import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePortOffset, PlatformProcess } from '@order-flow/all-in-one';
import { orderEvents } from '@order-flow/contracts';
import { seededRandom } from '@order-flow/service-kit/testing';
import { Command } from 'commander';
import { openLog, recompute, settings, targetOf } from './embedded-platform.js';
import { Load } from './load.js';
import { settled } from './settled.js';

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly workers: number;
  readonly seed: number;
}

const number = (text: string): number => Number(text);
const options = new Command('npm run verify:crash --')
  .description('Kills the platform under load (SIGKILL) again and again, then recomputes everything and compares.')
  .addHelpText('after', '\nWith KAFKA_BROKERS the event log is on Kafka, on brokers without topics of the platform.')
  .option('--rounds <n>', 'kills', number, 4)
  .option('--seconds <s>', 'load between two kills, at most', number, 4)
  .option('--workers <n>', 'requests at a time', number, 32)
  .option('--seed <n>', 'of the random load and moments', number, Date.now() % 1_000_000)
  .parse()
  .opts<Options>();

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
  const right = await recompute(dataDir, load);
  if (right) await rm(dataDir, { recursive: true, force: true });
  else console.log(`Replay: npm run verify:crash -- --seed ${options.seed}; the data is kept in ${dataDir}`);
  process.exitCode = right ? 0 : 1;
}

await main();
