import { resolve } from 'node:path';
import { whole } from '@order-flow/service-kit/flags';
import { Command } from 'commander';

export interface StartOptions {
  readonly dataDir: string;
  /** Where the JSON of URLs and tokens is written when the system is ready. */
  readonly readyFile: string | undefined;
  /** Added to every port. */
  readonly portOffset: number;
  readonly seed: boolean;
}

/** Reads the command line; prints help or the mistake, and exits, where asked. */
export function parseOptions(argv: readonly string[]): StartOptions {
  const command = new Command('npm start --')
    .description(
      'Runs the whole order platform in one process, on embedded stores or on the servers that the environment names.',
    )
    .option('--data-dir <dir>', 'where everything is kept', '.data')
    .option('--ready-file <file>', 'write URLs and tokens as JSON here when ready')
    .option('--port-offset <n>', 'add n to every port', whole(0, 50_000), 0)
    .option('--no-seed', 'leave an empty store empty')
    .addHelpText('after', '\nPorts, bind address and everything else: see "Configuration" in README.md.')
    .showHelpAfterError()
    .parse([...argv], { from: 'user' });
  const { dataDir, readyFile, portOffset, seed } = command.opts<{
    dataDir: string;
    readyFile?: string;
    portOffset: number;
    seed: boolean;
  }>();
  return { dataDir: resolve(dataDir), readyFile: readyFile && resolve(readyFile), portOffset, seed };
}
