import { resolve } from 'node:path';
import { whole } from '@order-flow/service-kit/flags';
import { Command, InvalidArgumentError, Option } from 'commander';
import { MOST_INSTANCES, ONE_OF_EACH, type Scale, type Service, serviceNames } from './plan.js';

export interface ClusterFlags {
  readonly dataDir: string;
  readonly readyFile: string | undefined;
  readonly portOffset: number;
  readonly scale: Scale;
  readonly seed: boolean;
}

/** `processors=2,projections=2`; what is not named has one instance. */
export function parseScale(text: string, former: Scale = ONE_OF_EACH): Scale {
  const scale: Record<Service, number> = { ...former };
  for (const part of text.split(',')) {
    const [name = '', count = ''] = part.split('=');
    const service = serviceNames.find((known) => known === name.trim());
    if (!service) throw new InvalidArgumentError(`"${name}" is no service; there are ${serviceNames.join(', ')}.`);
    if (!/^[1-9]$/.test(count.trim()))
      throw new InvalidArgumentError(`${service} needs a number of instances from 1 to ${MOST_INSTANCES}.`);
    scale[service] = Number(count);
  }
  return scale;
}

/** Reads the command line; prints help or the mistake, and exits, where asked. */
export function parseFlags(argv: readonly string[]): ClusterFlags {
  const command = new Command('npm run cluster --')
    .description(
      'Runs every service as a process of its own, on real servers: those that EVENT_STORE_URL, KAFKA_BROKERS, MONGO_URL and ' +
        'REDIS_URL name, else those that `npm run servers -- up` brought up.',
    )
    .addOption(
      new Option('--scale <service=n,…>', `instances of ${serviceNames.join(', ')}`)
        .argParser(parseScale)
        .default(ONE_OF_EACH, 'one of each'),
    )
    .option('--data-dir <dir>', 'of keys and local state', '.data/cluster')
    .option(
      '--ready-file <file>',
      'where URLs and tokens are written as JSON when ready (default: ready.json in the data directory)',
    )
    .option('--port-offset <n>', 'add n to every port', whole(0, 50_000), 0)
    .option('--no-seed', 'leave an empty store empty')
    .addHelpText('after', '\nA service that dies is started again after a pause. Ctrl-C stops everything cleanly.')
    .showHelpAfterError()
    .parse([...argv], { from: 'user' });
  const flags = command.opts<{
    dataDir: string;
    readyFile?: string;
    portOffset: number;
    scale: Scale;
    seed: boolean;
  }>();
  return { ...flags, dataDir: resolve(flags.dataDir), readyFile: flags.readyFile && resolve(flags.readyFile) };
}
