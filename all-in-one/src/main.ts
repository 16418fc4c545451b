import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asDiskFailure, createLogger, isExplained, readSettings } from '@order-flow/service-kit';
import { banner } from './banner.js';
import { DataDirectoryInUse, lockDataDirectory } from './data-directory-lock.js';
import { sample } from './demo-shop.js';
import { describeStores } from '@order-flow/composition';
import { issueTokens } from './issue-tokens.js';
import { parseOptions, type StartOptions } from './options.js';
import { type Ready, writeReadyFile } from './ready-file.js';
import { needsSeed, seed } from './seed.js';
import { startPlatform } from './start-platform.js';
import { waitUntilReady } from './wait-until-ready.js';

const READY_WITHIN_MS = 60_000;

async function start(options: StartOptions): Promise<void> {
  const startedAt = performance.now();
  const settings = readSettings(process.env);
  const logger = createLogger({ level: settings.LOG_LEVEL, format: settings.LOG_FORMAT });
  const release = await lockDataDirectory(options.dataDir);
  if (options.readyFile) {
    await mkdir(dirname(options.readyFile), { recursive: true });
    await rm(options.readyFile, { force: true });
  }
  // Of the data directory's own, for whoever works beside a running system; it lives as long as that runs.
  const ownReadyFile = join(options.dataDir, 'ready.json');
  await rm(ownReadyFile, { force: true });
  const unlock = () => rm(ownReadyFile, { force: true }).then(release);
  const platform = await startPlatform(options.dataDir, settings, options.portOffset, logger).catch(
    async (error: unknown) => {
      await unlock();
      throw error;
    },
  );
  let stopping: Promise<void> | undefined;
  const stop = (reason: string): void => {
    if (stopping) return;
    console.log(`\n${reason}: stopping …`);
    stopping = rm(ownReadyFile, { force: true })
      .then(() => platform.stop())
      .then(unlock);
    stopping.then(
      () => {
        console.log('Stopped.');
        process.exit(process.exitCode ?? 0);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'the stop failed');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal));

  const open = async (): Promise<void> => {
    const entries = Object.entries(platform.servers).map(([name, { url }]) => [name, url]);
    const urls = Object.fromEntries(entries) as Ready['urls'];
    const tokens = await issueTokens(platform.identity);
    await waitUntilReady(urls, READY_WITHIN_MS);
    const seeding = options.seed && (await needsSeed(platform.store));
    if (seeding) await seed(urls.commands, tokens.operator);
    if (stopping) return;
    const ready: Ready = { urls, tokens, sample };
    for (const file of new Set([ownReadyFile, options.readyFile])) if (file) await writeReadyFile(file, ready);
    const milliseconds = performance.now() - startedAt;
    console.log(banner(ready, { milliseconds, seeded: seeding, stores: describeStores(settings) }));
  };
  await open().catch((error: unknown) => {
    // What stops answers no more, and its stop ends the process.
    if (!stopping) throw error;
  });
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  await start(options).catch((error: unknown) => {
    throw asDiskFailure(error, options.dataDir);
  });
}

main().catch((error: unknown) => {
  const expected = error instanceof DataDirectoryInUse || isExplained(error);
  console.error(expected ? `Cannot start: ${error.message}` : error);
  process.exit(1);
});
