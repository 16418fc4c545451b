import { Argument, Command } from 'commander';
import { forgetEndpoint, recordEndpoint } from '../endpoints-file.js';
import { type AnyServer, type Endpoint, type Say, ServerError, type Status } from '../server.js';
import { servers } from '../servers.js';
import { describeEndpoints, describeStatus, type Format, isSound, wayAskedFor } from './output.js';

/** Where the tool writes, and how it ends. */
export interface Console {
  readonly out: (text: string) => void;
  readonly say: Say;
  /** Sets the exit code. */
  readonly failed: () => void;
}

const names = servers.map(({ name }) => name);

const stateDir = (command: Command, server: AnyServer): Command =>
  command.option('--state-dir <dir>', 'of its data, pid files and logs', server.stateDirectory);

const outputs = (command: Command): Command =>
  command.option('--env', 'print export lines for a shell').option('--json', 'print one line of JSON');

interface OutputFlags {
  readonly env?: boolean;
  readonly json?: boolean;
}

const formatOf = ({ env, json }: OutputFlags): Format => (json ? 'json' : env ? 'env' : 'lines');

/** What a server is asked to do: the values of its own flags, and where. */
interface Wanted {
  readonly server: AnyServer;
  readonly flags: { readonly stateDir: string };
}

const upFlags = (server: AnyServer): Command => stateDir(server.declare(new Command(server.name)), server);

/** A server as its flags are unless given. */
const byDefault = (server: AnyServer): Wanted => ({ server, flags: upFlags(server).opts() });

async function up({ out, say }: Console, wanted: readonly Wanted[], format: Format): Promise<void> {
  const endpoints = new Map<string, readonly Endpoint[]>();
  for (const { server, flags } of wanted) {
    const startedAt = performance.now();
    const timed: Say = (message) => say(`[${((performance.now() - startedAt) / 1_000).toFixed(1)} s] ${message}`);
    const ways = await server.up(flags as never, timed);
    // what is elsewhere is known to whoever put it there
    if (flags.stateDir === server.stateDirectory) await recordEndpoint(flags.stateDir, wayAskedFor(ways));
    endpoints.set(server.name, ways);
    timed(`${server.name} is ready`);
  }
  out(describeEndpoints(endpoints, format));
}

async function down({ say }: Console, chosen: readonly AnyServer[], directory?: string): Promise<void> {
  for (const server of chosen) {
    const stateDirectory = directory ?? server.stateDirectory;
    await server.down(stateDirectory, say);
    await forgetEndpoint(stateDirectory);
  }
}

async function status({ out, failed }: Console, chosen: readonly AnyServer[], directory?: string): Promise<void> {
  const found = new Map<string, Status>();
  for (const server of chosen) found.set(server.name, await server.status(directory ?? server.stateDirectory));
  out(describeStatus(found));
  if (![...found.values()].every(isSound)) failed();
}

/** `up` for all servers, with a command below it for each, which has that server's flags. */
const upCommand = (console: Console): Command => {
  const command = outputs(new Command('up'))
    .description('install, start and wait until clients are served; data are kept')
    .addArgument(new Argument('[server]', 'all if none is named; `up <server> --help` tells its flags').choices(names))
    .enablePositionalOptions()
    .showHelpAfterError()
    .action((_server: string | undefined, flags: OutputFlags) => up(console, servers.map(byDefault), formatOf(flags)));
  for (const server of servers) {
    const each = outputs(upFlags(server)).description(`bring up ${server.name}`).showHelpAfterError();
    command.addCommand(
      each.action((flags: Wanted['flags'], given: Command) =>
        // `up --json kafka` is `up kafka --json`
        up(console, [{ server, flags }], formatOf(given.optsWithGlobals())),
      ),
    );
  }
  return command;
};

const STATUS = 'what runs; exits with 1 when something that was brought up does not';

type ForServers = (console: Console, chosen: readonly AnyServer[], directory?: string) => Promise<void>;

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
    // flags belong to what they stand behind: `up` and its commands have some in common
    .enablePositionalOptions()
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
