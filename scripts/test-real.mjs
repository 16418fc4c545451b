import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './ensure-installed.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = process.execPath;

let interrupted = false;
let tests;
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    interrupted = true;
    tests?.kill(signal);
  });

/** Runs the servers tool, out of Ctrl-C's reach: what it begins it ends. Resolves with its exit code and output. */
async function servers(args) {
  const tool = join(root, 'dist', 'servers.mjs');
  const child = spawn(node, [tool, ...args], { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  const [code] = await once(child, 'close');
  return { code: code ?? 1, text };
}

const JEST = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

/** What needs a server that nobody named, and that is not brought up here either. */
function withoutServer(env) {
  return env.EVENT_STORE_URL
    ? []
    : ['--testPathIgnorePatterns', '/node_modules/', '/dist/', 'eventstoredb.*\\.real\\.ts$', '--runInBand'];
}

/**
 * Given arguments are Jest's: `npm run test:real -- event-log` runs the suites whose path has that in it. The exit
 * code is Jest's.
 */
async function jest(env) {
  const args = [...JEST, '--config', 'jest.real.config.js', ...withoutServer(env), ...process.argv.slice(2)];
  tests = spawn(node, args, { cwd: root, env, stdio: 'inherit' });
  const [code] = await once(tests, 'close');
  return code ?? 1;
}

/** Runs work with a Kafka of its own, which is taken down again whatever happens. */
async function withKafka(work) {
  const directory = mkdtempSync(join(tmpdir(), 'order-flow-test-real-'));
  const where = ['kafka', '--state-dir', join(directory, 'kafka')];
  try {
    const { code, text } = await servers(['up', ...where, '--port', '0', '--secure', '--json']);
    if (code !== 0) return code;
    if (interrupted) return 130;
    const { plain, secure } = JSON.parse(text).kafka;
    return await work({ ...process.env, ...plain, TEST_KAFKA_SECURE: JSON.stringify(secure) });
  } finally {
    await servers(['down', ...where]);
    rmSync(directory, { recursive: true, force: true });
  }
}

ensureInstalled(root);
const { buildAll } = await import('./build.mjs');
await buildAll(root, { pages: false });
process.exitCode = process.env.KAFKA_BROKERS ? await jest(process.env) : await withKafka(jest);
