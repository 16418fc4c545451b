import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isPortFree } from '@order-flow/service-kit';
import { z } from 'zod';
import { Ready } from './ready-file.js';
import { repositoryRoot } from './repository-root.js';

const Package = z.object({ scripts: z.object({ start: z.string().startsWith('node ') }) });

/** What `npm start` gives Node: flags of V8, and the script. */
async function startArguments(root: string): Promise<string[]> {
  const { scripts } = Package.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  return scripts.start.split(' ').slice(1);
}

const PORTS = [8080, 8081, 8082, 8083, 8761, 9000];

/** An offset at which all the platform's ports are free. */
export async function freePortOffset(): Promise<number> {
  for (;;) {
    const offset = 1_000 + Math.floor(Math.random() * 40_000);
    const free = await Promise.all(PORTS.map((port) => isPortFree(port + offset)));
    if (free.every(Boolean)) return offset;
  }
}

/** The whole platform as a child process, to be loaded, killed and started again on the same data. */
export class PlatformProcess {
  #child: ChildProcess | undefined;

  constructor(
    readonly dataDir: string,
    readonly portOffset: number,
    readonly env: Readonly<Record<string, string>> = {},
  ) {}

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resolves when it is ready. @throws Error with its output when it exits instead */
  async start(): Promise<Ready> {
    const readyFile = join(this.dataDir, 'ready.json');
    await rm(readyFile, { force: true });
    const root = repositoryRoot();
    const args = [
      ...(await startArguments(root)),
      '--data-dir',
      this.dataDir,
      '--ready-file',
      readyFile,
      '--port-offset',
      String(this.portOffset),
    ];
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, LOG_LEVEL: 'warn', LOG_FORMAT: 'json', ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let output = '';
    const remember = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-20_000));
    child.stdout.on('data', remember);
    child.stderr.on('data', remember);
    for (;;) {
      const text = await readFile(readyFile, 'utf8').catch(() => undefined);
      if (text !== undefined) return Ready.parse(JSON.parse(text));
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the platform did not start:\n${output}`);
      await delay(10);
    }
  }

  /** Ends it at once, wherever it is. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Lets it drain. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}
