import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPortFree } from '@order-flow/service-kit';
import { defaultWebRoot } from '../web-root.js';

const PORTS = [8080, 8081, 8082, 8083, 8761, 9000];
const STOP_WITHIN = 15_000;

export interface Ready {
  readonly urls: Readonly<Record<'gateway' | 'console', string>>;
  readonly tokens: { readonly customer: string; readonly operator: string };
  readonly sample: { readonly accountId: string; readonly sku: string };
}

async function freeOffset(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const offset = 2_000 + Math.floor(Math.random() * 400) * 100;
    const free = await Promise.all(PORTS.map((port) => isPortFree(port + offset)));
    if (free.every(Boolean)) return offset;
  }
  throw new Error('no free range of ports was found');
}

/** Resolves when the system says that it is ready; rejects with its output when it ends before. */
async function untilReady(child: ChildProcess, output: () => string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the system ended with ${code ?? 'a signal'}: ${output()}`)));
    child.stdout?.on('data', () => {
      if (output().includes('kafka-order-flow is ready')) resolve();
    });
  });
}

/** The whole system as `npm start` runs it, on stores and ports of its own. */
export async function startSystem() {
  const directory = await mkdtemp(join(tmpdir(), 'console-browser-'));
  const readyFile = join(directory, 'ready.json');
  const root = join(defaultWebRoot(), '..', '..');
  const where = ['--data-dir', join(directory, 'data'), '--ready-file', readyFile];
  const offset = String(await freeOffset());
  const child = spawn(process.execPath, ['scripts/start.mjs', ...where, '--port-offset', offset], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '', LOG_FORMAT: 'json' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await untilReady(child, () => output);
  return {
    ready: JSON.parse(await readFile(readyFile, 'utf8')) as Ready,
    /** As Ctrl-C does. Answers the exit code and what the system has said. */
    stop: async () => {
      if (child.exitCode === null) {
        child.kill('SIGINT');
        await once(child, 'exit', { signal: AbortSignal.timeout(STOP_WITHIN) });
      }
      return { exitCode: child.exitCode, output };
    },
    remove: async () => {
      child.kill('SIGKILL');
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
