import { whole } from '@order-flow/service-kit/flags';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { EmulatorOptions } from './emulator.js';

interface Flags {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly user?: { readonly username: string; readonly password: string };
}

const LARGEST_PORT = 65_535;

/** The command line of the emulator. @throws CommanderError when told to (`exitOverride`); by default it ends the process */
export function emulatorCommand(run: (options: EmulatorOptions) => Promise<void>): Command {
  const command = new Command('eventstoredb-emulator')
    .description(
      'Speaks the protocol of EventStoreDB, as far as streams go, over an embedded store: an emulator for development and tests.',
    )
    .option('--port <n>', 'to listen on; 0 takes any free one', whole(0, LARGEST_PORT), 2113)
    .option('--host <address>', 'to listen on', '127.0.0.1')
    .requiredOption('--data-dir <dir>', 'where events are kept; made when missing')
    .option('--tls-cert <file>', 'certificate (PEM); with --tls-key, TLS is the only way in')
    .option('--tls-key <file>', 'its key (PEM)')
    .addOption(
      new Option('--user <name:password>', 'the only user that is let in, over TLS; default: everybody')
        .env('EMULATOR_USER')
        .argParser(user),
    )
    .showHelpAfterError();
  return command.action(async (flags: Flags) => {
    if ((flags.tlsCert === undefined) !== (flags.tlsKey === undefined)) {
      command.error('--tls-cert and --tls-key need each other');
    }
    if (flags.user && flags.tlsCert === undefined) {
      command.error('--user needs --tls-cert and --tls-key: clients name themselves over TLS only');
    }
    await run(optionsOf(flags));
  });
}

function optionsOf({ port: number, host, dataDir, tlsCert, tlsKey, user: credentials }: Flags): EmulatorOptions {
  return {
    port: number,
    host,
    dataDirectory: dataDir,
    ...(tlsCert !== undefined && tlsKey !== undefined && { tls: { certificateFile: tlsCert, keyFile: tlsKey } }),
    ...(credentials && { credentials }),
  };
}

function user(text: string): Flags['user'] {
  const colon = text.indexOf(':');
  if (colon < 1) throw new InvalidArgumentError('a name and a password, with a colon between, are needed.');
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
