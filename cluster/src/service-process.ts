import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { backoffDelay, sleep } from '@order-flow/service-kit';
import type { Instance } from './plan.js';

/** Milliseconds. A process that lived longer than this has earned a quick restart. */
const STEADY_MS = 60_000;
const RESTART = { initial: 500, max: 30_000 };
const STOP_WITHIN_MS = 15_000;

export interface ServiceProcessOptions {
  readonly instance: Instance;
  /** The script to run, and flags for Node before it. */
  readonly script: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Hears each line that it wrote. */
  readonly line: (instance: Instance, text: string) => void;
  /** Hears what becomes of it. */
  readonly note: (instance: Instance, text: string) => void;
}

/**
 * One service as a child process. When it dies it is started again, after a pause that grows while it keeps dying. It stops
 * by itself when this process is gone, however that ended.
 */
export class ServiceProcess {
  #child: ChildProcess | undefined;
  #restarts = 0;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(private readonly options: ServiceProcessOptions) {
    this.#running = this.#keepRunning();
  }

  get instance(): Instance {
    return this.options.instance;
  }

  /** Undefined while it is down. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** How often it was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Says whether it ran. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#child?.kill(signal) ?? false;
  }

  /** Lets it drain; kills it when that takes longer than 15 s. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.signal('SIGTERM');
    // one that is paused takes the first signal only once it goes on
    this.signal('SIGCONT');
    const late = setTimeout(() => {
      this.options.note(this.instance, `did not stop within ${STOP_WITHIN_MS / 1_000} s and is killed`);
      this.signal('SIGKILL');
    }, STOP_WITHIN_MS);
    await this.#running;
    clearTimeout(late);
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping;
    const stopping = (): boolean => signal.aborted;
    for (let attempt = 1; !stopping(); attempt++) {
      const startedAt = performance.now();
      const how = await this.#run();
      if (stopping()) return;
      if (performance.now() - startedAt > STEADY_MS) attempt = 1;
      const wait = backoffDelay(attempt, RESTART);
      this.options.note(this.instance, `${how}; it is started again in ${(wait / 1_000).toFixed(1)} s`);
      await sleep(wait, signal);
      this.#restarts += 1;
    }
  }

  /** One life; how it ended. */
  async #run(): Promise<string> {
    const { instance, script, env, line } = this.options;
    const child = spawn(process.execPath, script, {
      env: { ...env, ...instance.env },
      // the channel tells it when this process is gone; a session of its own keeps Ctrl-C for this process alone
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      if (stream) createInterface({ input: stream }).on('line', (text) => line(instance, text));
    const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    try {
      const [code, signal] = await ended;
      return signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
    } catch (error) {
      return `could not be started: ${String(error)}`;
    } finally {
      this.#child = undefined;
    }
  }
}
