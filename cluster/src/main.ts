import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  banner,
  DataDirectoryInUse,
  issueTokens,
  lockDataDirectory,
  needsSeed,
  type Ready,
  sample,
  seed,
  writeReadyFile,
} from '@order-flow/all-in-one';
import { openEventStore } from '@order-flow/event-store';
import { runningEndpoints } from '@order-flow/servers';
import { asDiskFailure, isExplained } from '@order-flow/service-kit';
import { Cluster } from './cluster.js';
import { linePrinter } from './line-printer.js';
import { type ClusterFlags, parseFlags } from './options.js';
import { urlsOf } from './ready-urls.js';

/** Resolves at the first signal; at the second everything is given up. */
function told(): Promise<string> {
  return new Promise((resolve) => {
    let signals = 0;
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        signals += 1;
        if (signals > 1) process.exit(130);
        resolve(signal);
      });
  });
}

/** Secrets are read from the files that name them. */
async function localServers(): Promise<Record<string, string>> {
  const known = Object.entries(await runningEndpoints()).map(async ([name, value]) => {
    const text = typeof value === 'string' ? value : (await readFile(value.file, 'utf8')).trim();
    return [name, text] as const;
  });
  return Object.fromEntries(await Promise.all(known));
}

async function seedIfEmpty({ ground }: Cluster, commands: string, operatorToken: string): Promise<boolean> {
  const store = await openEventStore(ground.settings, '');
  try {
    if (!(await needsSeed(store))) return false;
    await seed(commands, operatorToken);
    return true;
  } finally {
    await store.close();
  }
}

async function run(flags: ClusterFlags): Promise<void> {
  const startedAt = performance.now();
  const stopped = told();
  const readyFile = flags.readyFile ?? join(flags.dataDir, 'ready.json');
  const release = await lockDataDirectory(flags.dataDir);
  await rm(readyFile, { force: true });
  const progress = { ready: false };
  const colour = process.stdout.isTTY;
  const env = {
    ...(await localServers()),
    ...process.env,
    LOG_FORMAT: process.env['LOG_FORMAT'] ?? (colour ? 'pretty' : 'json'),
  };
  const line = linePrinter(process.stdout, colour);
  const starting = Cluster.start({ ...flags, env, line, note: line });
  // Started processes stop by themselves when this one is gone.
  void stopped.then((signal) => {
    if (!progress.ready) process.exit(signal === 'SIGINT' ? 130 : 143);
  });
  const cluster = await starting;
  const tokens = await issueTokens(cluster.identity);
  const urls = urlsOf(cluster);
  const seeded = flags.seed && (await seedIfEmpty(cluster, urls.commands, tokens.operator));
  const ready: Ready = { urls, tokens, sample };
  await writeReadyFile(readyFile, ready);
  progress.ready = true;
  const processes = cluster.processes.length;
  const stores = `EventStoreDB, Kafka, MongoDB and Redis; ${processes} processes`;
  console.log(banner(ready, { milliseconds: performance.now() - startedAt, seeded, stores }));
  console.log(`\n${await stopped}: stopping …`);
  await rm(readyFile, { force: true });
  await cluster.stop();
  await release();
  console.log('Stopped.');
  process.exit(0);
}

async function main(): Promise<void> {
  const flags = parseFlags(process.argv.slice(2));
  await run(flags).catch((error: unknown) => {
    throw asDiskFailure(error, flags.dataDir);
  });
}

main().catch((error: unknown) => {
  const expected = error instanceof DataDirectoryInUse || isExplained(error);
  console.error(expected ? `Cannot start: ${error.message}` : error);
  process.exit(1);
});
