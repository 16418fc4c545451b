import { Argument, Command } from 'commander';
import { kafkaServer } from '../kafka/kafka-server.js';
import type { KafkaOptions } from '../kafka/options.js';
import { type Endpoint, type Say, type Server, ServerError, type Status } from '../server.js';
import { describeEndpoints, describeStatus, isSound } from './output.js';

/** Where the tool writes, and how it ends. */
export interface Console {
  readonly out: (text: string) => void;
  readonly say: Say;
  /** Sets the exit code. */
  readonly failed: () => void;
}

const servers = [kafkaServer] as const;
const names = servers.map(({ name }) => name);

const stateDir = (command: Command, server: Server<never>): Command =>
  command.option('--state-dir <dir>', 'of its data, pid files and logs', server.stateDirectory);

const outputs = (command: Command): Command =>
  command.option('--env', 'print export lines for a shell').option('--json', 'print one line of JSON');

interface UpFlags extends KafkaOptions {
  readonly env?: boolean;
  readonly json?: boolean;
}

async function up({ out, say }: Console, flags: UpFlags, chosen: readonly Server<KafkaOptions>[]): Promise<void> {
  const endpoints = new Map<string, readonly Endpoint[]>();
  for (const server of chosen) {
    const startedAt = performance.now();
    const timed: Say = (message) => say(`[${((performance.now() - startedAt) / 1_000).toFixed(1)} s] ${message}`);
    endpoints.set(server.name, await server.up(flags, timed));
    timed(`${server.name} is ready`);
  }
  out(describeEndpoints(endpoints, flags.json ? 'json' : flags.env ? 'env' : 'lines'));
}

async function down({ say }: Console, chosen: readonly Server<never>[], directory?: string): Promise<void> {
  for (const server of chosen) await server.down(directory ?? server.stateDirectory, say);
}

async function status({ out, failed }: Console, chosen: readonly Server<never>[], directory?: string): Promise<void> {
  const found = new Map<string, Status>();
  for (const server of chosen) found.set(server.name, await server.status(directory ?? server.stateDirectory));
  out(describeStatus(found));
  if (![...found.values()].every(isSound)) failed();
}

const upCommand = (console: Console): Command => {
  const command = new Command('up').description('install, start and wait until clients are served; data are kept');
  for (const server of servers) {
    const each = outputs(
      stateDir(server.declare(new Command(server.name).description(`bring up ${server.name}`)), server),
    );
    command.addCommand(each.showHelpAfterError().action((flags: UpFlags) => up(console, flags, [server])));
  }
  return command;
};

const STATUS = 'what runs; exits with 1 when something that was brought up does not';

type ForServers = (console: Console, chosen: readonly Server<never>[], directory?: string) => Promise<void>;

/** A command for one server or for all. */
function forServers(console: Console, name: string, description: string, work: ForServers): Command {
  const command = new Command(name)
    .description(description)
    .addArgument(new Argument('[server]', 'all if none is named').choices(names))
    .option('--state-dir <dir>', "the named server's, as given to up")
    .showHelpAfterError();
  return command.action((server: string | undefined, { stateDir }: { stateDir?: string }) => {
    if (stateDir !== undefined && server === undefined) command.error('--state-dir needs a server: name one');
    const chosen = servers.filter((each) => server === undefined || each.name === server);
    return work(console, chosen, stateDir);
  });
}

/** The command line of `npm run servers`. */
export const serversCommand = (console: Console): Command =>
  new Command('npm run servers --')
    .description(
      `Runs real servers on this machine (${names.join(', ')}), for development and tests. They listen on 127.0.0.1.`,
    )
    .addCommand(upCommand(console))
    .addCommand(forServers(console, 'down', 'stop what up started; data are kept', down))
    .addCommand(forServers(console, 'status', STATUS, status))
    .showHelpAfterError();

/** Runs a command line; what the caller can put right is said in one line. */
export async function runServers(argv: readonly string[], console: Console): Promise<void> {
  try {
    await serversCommand(console).parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    console.say(error.message);
    console.failed();
  }
}
