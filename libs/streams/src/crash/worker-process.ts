import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutation } from './mutations.js';

const program = join(dirname(fileURLToPath(import.meta.url)), 'crash-worker.ts');

const RESPAWN_MS = 300;

export interface WorkerSettings {
  readonly brokers: string;
  readonly prefix: string;
  readonly statePath: string;
  mutation: Mutation;
  readonly say: (line: string) => void;
}

/** A member of the group as a process: it can be killed, frozen, thawed, told to leave and started again. */
export class WorkerProcess {
  #child: ChildProcess | undefined;
  #frozen = false;
  #wanted = false;

  constructor(
    readonly name: string,
    private readonly settings: WorkerSettings,
  ) {}

  get alive(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get frozen(): boolean {
    return this.#frozen && this.alive;
  }

  start(): void {
    this.#wanted = true;
    if (this.alive) return;
    const { brokers, prefix, statePath, mutation, say } = this.settings;
    this.#child = spawn(process.execPath, ['--import', 'tsx', program, brokers, prefix, statePath, mutation], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    this.#frozen = false;
    // Who dies by itself is started again, as by a process manager.
    this.#child.once('exit', () => setTimeout(() => this.#wanted && this.start(), RESPAWN_MS));
    if (this.#child.stdout)
      createInterface({ input: this.#child.stdout }).on('line', (line) => say(`${this.name} ${line}`));
  }

  /** From its next start on it is as it should be. */
  repair(): void {
    this.settings.mutation = 'none';
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  freeze(): void {
    this.#frozen = this.#child?.kill('SIGSTOP') ?? false;
  }

  thaw(): void {
    this.#frozen = false;
    this.#child?.kill('SIGCONT');
  }

  /** Lets it finish and leave. @returns its exit code */
  async leave(): Promise<number | null> {
    this.thaw();
    return this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    this.#wanted = false;
    const child = this.#child;
    if (!child || !this.alive) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return child.exitCode;
  }
}
