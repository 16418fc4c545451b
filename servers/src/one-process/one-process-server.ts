import { resolve } from 'node:path';
import type { Command } from 'commander';
import { defaultStateDirectory } from '../endpoints-file.js';
import { port } from '../flags.js';
import { pidOf } from '../processes/daemon.js';
import { alone } from '../processes/directory-lock.js';
import { isPaused } from '../processes/paused.js';
import type { Part, Server, Status } from '../server.js';
import { bringDown, bringUp, daemonIn } from './bring-up.js';
import type { OneProcess, OneProcessOptions } from './one-process.js';
import { processDirectory, readStanding } from './standing.js';

async function stateOf(server: OneProcess, pid: number | undefined, at: number): Promise<Part['state']> {
  if (pid === undefined) return 'stopped';
  if (await isPaused(pid)) return 'paused';
  return (await server.serves(at)) ? 'ready' : 'not ready';
}

async function statusOf(server: OneProcess, stateDir: string): Promise<Status> {
  const standing = await readStanding(stateDir);
  if (!standing) return { parts: [], wanted: false };
  const pid = await pidOf(daemonIn(server, stateDir, standing.port));
  const part: Part = {
    name: server.title,
    pid,
    port: standing.port,
    state: await stateOf(server, pid, standing.port),
    version: await server.version(),
    directory: processDirectory(stateDir),
  };
  return { parts: [part], wanted: standing.wanted };
}

/** A server that is one process, as the tool handles servers. */
export const oneProcessServer = (server: OneProcess): Server<OneProcessOptions> => ({
  name: server.name,
  stateDirectory: defaultStateDirectory(server.name),
  declare: (command: Command) =>
    command
      .option('--port <n>', 'to listen on, 0 for a free one', port(), server.port)
      .option('--fresh', server.aboutFresh, false),
  install: (_, say) => server.install(say),
  up: (given, say) => {
    const options = { ...given, stateDir: resolve(given.stateDir) };
    return alone(options.stateDir, async () => [
      { name: 'plain', variables: server.variables(await bringUp(server, options, say)) },
    ]);
  },
  down: (stateDirectory, say) => {
    const stateDir = resolve(stateDirectory);
    return alone(stateDir, () => bringDown(server, stateDir, say));
  },
  status: (stateDirectory) => statusOf(server, resolve(stateDirectory)),
});
