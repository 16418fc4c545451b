import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openEventLog } from '@order-flow/event-log';
import { openReadStore } from '@order-flow/read-store';
import { createLogger, isExplained, readSettings, type Settings } from '@order-flow/service-kit';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError, Option } from 'commander';
import { dryRun, rebuild, type RebuildOptions, type RebuildProgress, rollback } from './app/rebuild.js';
import type { Differences } from './app/compare-collections.js';
import type { DeletedRecords } from './app/deleted-records.js';
import { allProjections } from './domain/index.js';
import type { Projection } from './domain/projection.js';

interface Options {
  readonly all?: boolean;
  readonly dataDir: string;
  readonly dryRun?: boolean;
  readonly allowIncomplete?: boolean;
  readonly rollback?: boolean;
  readonly json?: boolean;
  readonly throttle?: number;
}

const positive = (text: string): number => {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('a number above 0 is needed.');
};

const names = allProjections.map(({ name }) => name);

function chosen(command: Command, wanted: readonly string[], { all }: Options): readonly Projection[] {
  if (all && wanted.length > 0) command.error('name projections or give --all, not both');
  if (all) return allProjections;
  if (wanted.length === 0) command.error(`name a projection (${names.join(', ')}) or give --all`);
  return wanted.map((name) => {
    const found = allProjections.find((projection) => projection.name === name);
    return found ?? command.error(`there is no projection "${name}"; there are ${names.join(', ')}`);
  });
}

interface Output {
  readonly progress: (progress: RebuildProgress) => void;
  readonly result: (projection: string, outcome: object, text: string) => void;
}

const jsonOutput: Output = {
  progress: (progress) => console.log(JSON.stringify({ event: 'progress', ...progress })),
  result: (projection, outcome) => console.log(JSON.stringify({ event: 'done', projection, ...outcome })),
};

function textOutput(): Output {
  let bar: SingleBar | undefined;
  let logged = -Infinity;
  const onTerminal = (progress: RebuildProgress): void => {
    if (!bar) {
      const format = '{name} [{bar}] {percentage}% | {value}/{total} records | {rate} events/s | ETA {eta_formatted}';
      bar = new SingleBar({ format, hideCursor: true });
      bar.start(progress.total, 0, { name: progress.collection, rate: 0 });
    }
    bar.update(progress.done, { rate: Math.round(progress.eventsPerSecond) });
  };
  const onPipe = ({ collection, done, total, eventsPerSecond }: RebuildProgress): void => {
    if (performance.now() - logged < 1_000 && done < total) return;
    logged = performance.now();
    console.log(`${collection}: ${done}/${total} records, ${Math.round(eventsPerSecond)} events/s`);
  };
  return {
    progress: process.stdout.isTTY ? onTerminal : onPipe,
    result: (_projection, _outcome, text) => {
      bar?.stop();
      bar = undefined;
      console.log(text);
    },
  };
}

const describeDifferences = ({ same, different, onlyOld, onlyNew, examples }: Differences): string =>
  `${same} documents the same, ${different} different, ${onlyOld} only in the old, ${onlyNew} only in the new` +
  (examples.length > 0 ? `\n  such as ${examples.join(', ')}` : '');

/** A warning where there is something to warn of. */
const describeDeleted = (deleted: readonly DeletedRecords[]): string =>
  deleted
    .map(
      ({ topic, partition, records }) =>
        `\n  incomplete: the first ${records} records of ${topic}/${partition} were deleted`,
    )
    .join('');

async function run(
  projection: Projection,
  stores: Omit<RebuildOptions, 'projection' | 'progress'>,
  options: Options,
  output: Output,
): Promise<void> {
  const { name } = projection;
  const request: RebuildOptions = {
    ...stores,
    projection,
    progress: output.progress,
    ...(options.throttle ? { throttle: options.throttle } : {}),
    allowIncomplete: options.allowIncomplete ?? false,
  };
  if (options.dryRun) {
    const differences = await dryRun(request);
    output.result(
      name,
      differences,
      `${name}: ${describeDifferences(differences)}${describeDeleted(differences.deleted)}`,
    );
  } else if (options.rollback) {
    const done = await rollback(request);
    output.result(name, done, `${name}: went back to ${done.collection}`);
  } else {
    const done = await rebuild(request);
    const switched = `${name}: switched to ${done.collection}; the former one is kept for --rollback`;
    output.result(name, done, switched + describeDeleted(done.deleted));
  }
}

/** The folders that a system's data directory has to have: of what is on no real server. */
const embeddedIn = ({ KAFKA_BROKERS, MONGO_URL }: Settings): readonly string[] => [
  ...(KAFKA_BROKERS === undefined ? ['event-log'] : []),
  ...(MONGO_URL === undefined ? ['read-store'] : []),
];

async function main(): Promise<void> {
  const command = new Command('npm run rebuild --')
    .description('Builds read models anew beside the serving ones, and switches when they have caught up.')
    .argument('[projection...]', `of ${names.join(', ')}`)
    .option('--all', 'every projection')
    .option('--dry-run', 'build aside, show how it differs, and remove it')
    .option('--allow-incomplete', 'build from what is left where the first records of a topic were deleted')
    .addOption(
      new Option('--rollback', 'switch back to the previous collection').conflicts([
        'dryRun',
        'allowIncomplete',
        'throttle',
      ]),
    )
    .option('--json', 'JSON lines instead of text')
    .option('--throttle <n>', 'events a second at most', positive)
    .option('--data-dir <dir>', 'of the system, which may be running; for what is on no real server', '.data')
    .showHelpAfterError()
    .parse();
  const options = command.opts<Options>();
  const settings = readSettings(process.env);
  const projections = chosen(command, command.args, options);
  const dataDir = resolve(options.dataDir);
  for (const folder of embeddedIn(settings))
    if (!existsSync(join(dataDir, folder)))
      command.error(`${dataDir} holds no ${folder}; name the system's directory with --data-dir, or its real servers`);
  const log = await openEventLog(settings, join(dataDir, 'event-log'));
  const readStore = await openReadStore(settings, join(dataDir, 'read-store')).catch(async (error: unknown) => {
    await log.close();
    throw error;
  });
  const cancel = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancel.abort());
  const stores = { log, readStore, logger: createLogger({ level: 'warn' }), signal: cancel.signal };
  const output = options.json ? jsonOutput : textOutput();
  try {
    for (const projection of projections) await run(projection, stores, options, output);
  } finally {
    await log.close();
    await readStore.close();
  }
}

main().catch((error: unknown) => {
  console.error(isExplained(error) ? `Rebuild failed: ${error.message}` : error);
  process.exit(1);
});
