import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { whole } from '@order-flow/service-kit/flags';
import { Command } from 'commander';
import { FIGURE_COLUMNS, type Figure, figureRow } from './figure.js';
import { repositoryRoot } from '@order-flow/all-in-one';
import { writeFigures } from './report.js';
import type { BenchRun, Suite } from './suite.js';
import { clusterSuite } from './suites/cluster.js';
import { ordersSuite } from './suites/orders.js';
import { rebuildSuite } from './suites/rebuild.js';
import { startSuite } from './suites/start.js';
import { eventLogSuite, eventStoreEmulatorSuite, eventStoreSuite, readStoreSuite } from './suites/stores.js';
import { streamsSuite } from './suites/streams.js';
import { streamsKafkaSuite } from './suites/streams-kafka.js';
import { textTable } from './text-table.js';

const suites: Readonly<Record<string, Suite>> = {
  'event-store': eventStoreSuite,
  'event-store-emulator': eventStoreEmulatorSuite,
  'event-log': eventLogSuite,
  'read-store': readStoreSuite,
  streams: streamsSuite,
  start: startSuite,
  orders: ordersSuite,
  rebuild: rebuildSuite,
};

/** What needs more than Node runs only when it is named. */
const onDemand: Readonly<Record<string, Suite>> = { 'streams-kafka': streamsKafkaSuite, cluster: clusterSuite };
const allSuites = { ...suites, ...onDemand };

const command = new Command('npm run bench --')
  .description('Measures the stores, the streams runtime and the whole platform on this machine.')
  .argument(
    '[suite...]',
    `of ${Object.keys(suites).join(', ')} (default: all these), streams-kafka (also by streams), cluster (need Java)`,
  )
  .option('--rounds, --runs <n>', 'of each measurement; medians are shown', whole(1, 99), 3)
  .option('--records <n>', 'of each round of streams-kafka', whole(1_000, 100_000_000), 1_000_000)
  .option('--long', 'also 100,000 orders, with the memory after each tenth')
  .option('--profiles <dir>', 'write CPU profiles of the platform under load here; figures are then lower')
  .option('--write', 'put the figures into docs/benchmarks.md (all suites only)')
  .showHelpAfterError()
  .parse();
const options = command.opts<{ runs: number; records: number; long?: boolean; profiles?: string; write?: boolean }>();
const unknown = command.args.find((name) => !Object.hasOwn(allSuites, name));
if (unknown) command.error(`there is no suite "${unknown}"; there are ${Object.keys(allSuites).join(', ')}`);
if (options.write && command.args.length > 0) command.error('--write needs all suites: name none');

async function inDirectory<Result>(work: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'order-flow-bench-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const run: BenchRun = {
  runs: options.runs,
  records: options.records,
  long: options.long ?? false,
  profiles: options.profiles && resolve(options.profiles),
  say: (message) => console.log(message),
  inDirectory,
};

/** A name stands for what continues it too: `streams` for the runtime on both of its logs. */
const isNamed = (suite: string): boolean => command.args.some((name) => suite === name || suite.startsWith(`${name}-`));

const figures: Figure[] = [];
for (const [suite, measure] of Object.entries(command.args.length > 0 ? allSuites : suites)) {
  if (command.args.length > 0 && !isNamed(suite)) continue;
  console.log(`— ${suite}`);
  figures.push(...(await measure(run)).map((figure) => ({ suite, ...figure })));
}
console.log(`\n${textTable(FIGURE_COLUMNS, figures.map(figureRow))}`);
if (options.write) {
  const file = join(repositoryRoot(), 'docs', 'benchmarks.md');
  await writeFigures(file, figures, new Date());
  console.log(`\nWritten to ${file}`);
}
