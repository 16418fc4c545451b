import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './ensure-installed.mjs';
import { serversOf } from './servers-of-suites.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = process.execPath;

let interrupted = false;
let tests;
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    interrupted = true;
    tests?.kill(signal);
  });

/** Runs a program to its end, out of Ctrl-C's reach: what it begins it ends. Resolves with its exit code and output. */
async function outputOf(args) {
  const child = spawn(node, args, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  const [code] = await once(child, 'close');
  return { code: code ?? 1, text };
}

const tool = (...args) => outputOf([join(root, 'dist', 'servers.mjs'), ...args]);

/**
 * Given arguments are Jest's: `npm run test:real -- event-log` runs the suites whose path has that in it. The exit
 * code is Jest's.
 */
const JEST = [
  '--experimental-vm-modules',
  '--no-warnings=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  '--config',
  'jest.real.config.js',
  ...process.argv.slice(2),
];

async function jest(env) {
  tests = spawn(node, JEST, { cwd: root, env, stdio: 'inherit' });
  const [code] = await once(tests, 'close');
  return code ?? 1;
}

async function suites() {
  const { code, text } = await outputOf([...JEST, '--listTests', '--json']);
  if (code !== 0) throw new Error('Jest cannot tell which suites there are; its output above says why');
  return JSON.parse(text);
}

/** What `up` is asked for beyond a free port, and what its ways in mean to the suites. */
const OWN = {
  kafka: {
    flags: ['--secure'],
    variables: ({ plain, secure }) => ({ ...plain, TEST_KAFKA_SECURE: JSON.stringify(secure) }),
  },
  eventstoredb: {
    flags: [],
    variables: ({ plain }) => ({ ...plain, TEST_EVENT_STORE_NAME: 'The EventStoreDB emulator' }),
  },
};
const other = { flags: [], variables: ({ plain }) => plain };

/** Runs work with servers of its own, each of which is taken down again whatever happens. */
async function withServers([name, ...names], directory, env, work) {
  if (name === undefined) return work(env);
  const { flags, variables } = OWN[name] ?? other;
  const where = [name, '--state-dir', join(directory, name)];
  try {
    const { code, text } = await tool('up', ...where, '--port', '0', '--json', ...flags);
    if (code !== 0) return code;
    if (interrupted) return 130;
    return await withServers(names, directory, { ...env, ...variables(JSON.parse(text)[name]) }, work);
  } finally {
    await tool('down', ...where);
  }
}

ensureInstalled(root);
const { buildAll } = await import('./build.mjs');
await buildAll(root, { pages: false });
const directory = mkdtempSync(join(tmpdir(), 'order-flow-test-real-'));
try {
  const needed = serversOf(await suites(), process.env);
  process.exitCode = await withServers(needed, directory, process.env, jest);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
