import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePortOffset, PlatformProcess, type Ready } from '@order-flow/all-in-one';
import { seededRandom } from '@order-flow/service-kit/testing';
import { Command } from 'commander';
import { recompute, targetOf } from './embedded-platform.js';
import { Load } from './load.js';
import { eventually } from './system/eventually.js';
import { settled } from './settled.js';
import { Ballast, onSmallDisk, smallDisk } from './small-disk.js';

interface Options {
  readonly rounds: number;
  readonly megabytes: number;
  readonly workers: number;
  readonly seed: number;
}

/** Less than what stores demand, more than what they write until they look. */
const LEFT_MB = 16;
const WITHIN_MS = 20_000;
const REMEDY = 'make room';

const number = (text: string): number => Number(text);
const options = new Command('npm run verify:full-disk --')
  .description(
    'Fills the disk of the platform under load and makes room again, then recomputes everything and compares. In every ' +
      'second round it is killed (SIGKILL) while the disk is full. Needs Linux: the disk is one of memory.',
  )
  .option('--rounds <n>', 'times that the disk is full', number, 4)
  .option('--megabytes <n>', 'size of the disk', number, 768)
  .option('--workers <n>', 'requests at a time', number, 16)
  .option('--seed <n>', 'of the random load and moments', number, Date.now() % 1_000_000)
  .parse()
  .opts<Options>();

const until = (what: string, holds: () => Promise<boolean>): Promise<true> =>
  eventually(what, async () => (await holds()) || undefined, WITHIN_MS);

/** Whether the command service says that it is not ready, and why. */
async function saysWhy({ urls }: Ready): Promise<boolean> {
  const answer = await fetch(`${urls.commands}/health/ready`);
  return answer.status === 503 && (await answer.text()).includes(REMEDY);
}

const isReady = async ({ urls }: Ready): Promise<boolean> => {
  const answers = await Promise.all(Object.values(urls).map((url) => fetch(`${url}/health/ready`)));
  return answers.every(({ ok }) => ok);
};

async function readsOrders({ urls, tokens }: Ready): Promise<boolean> {
  const answer = await fetch(`${urls.gateway}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokens.operator}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ orders(first: 1) { edges { node { id status } } } }' }),
  });
  return (await answer.text()).includes('"status"');
}

/** @throws Error unless it refuses to start for want of room */
async function refusesToStart(platform: PlatformProcess): Promise<void> {
  const refusal = await platform.start().then(
    () => 'it started',
    (error: unknown) => String(error),
  );
  if (!refusal.includes(REMEDY)) throw new Error(`on a full disk, expected to be told to ${REMEDY}: ${refusal}`);
}

async function verify(disk: string): Promise<boolean> {
  const dataDir = join(disk, 'data');
  await mkdir(dataDir);
  const random = seededRandom(options.seed);
  const platform = new PlatformProcess(dataDir, await freePortOffset());
  const ballast = new Ballast(disk);
  const load = new Load(random, String(options.seed));
  console.log(`Seed ${options.seed}; a disk of ${options.megabytes} MB`);
  let ready = await platform.start();
  try {
    for (let round = 1; round <= options.rounds; round++) {
      const isKilled = round % 2 === 0;
      const stop = new AbortController();
      const before = load.sent.length;
      const running = load.run(targetOf(ready), stop.signal, { workers: options.workers });
      await delay(500 + 1_000 * random());
      ballast.fill(LEFT_MB);
      await until('commands are refused with the remedy', () => saysWhy(ready));
      await until('orders are read', () => readsOrders(ready));
      await delay(2_000 * random());
      if (isKilled) {
        await platform.kill();
        await refusesToStart(platform);
      }
      ballast.drop();
      if (isKilled) ready = await platform.start();
      const roomAt = performance.now();
      await until('everything is ready again', () => isReady(ready));
      const after = ((performance.now() - roomAt) / 1_000).toFixed(1);
      await delay(500);
      stop.abort();
      await running;
      const again = await load.settle(targetOf(ready));
      console.log(
        `Round ${round}: ${load.sent.length - before} commands, disk full${isKilled ? ', SIGKILL, start refused' : ''}; ` +
          `ready ${after} s after there was room, ${again} sent again`,
      );
    }
    await settled(ready.urls.gateway, ready.tokens.operator, 120_000);
  } finally {
    await platform.stop();
  }
  return recompute(dataDir, load);
}

async function main(): Promise<number> {
  const disk = smallDisk();
  if (disk === undefined) return onSmallDisk(fileURLToPath(import.meta.url), options.megabytes);
  const right = await verify(disk);
  if (!right) console.log(`Replay: npm run verify:full-disk -- --seed ${options.seed}`);
  return right ? 0 : 1;
}

process.exitCode = await main();
