import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

export interface LogProcess {
  /** Resolves when a line that `matches` was printed after the former call's; fails when the process ends before. */
  line(matches: RegExp): Promise<string>;
  signal(name: NodeJS.Signals): void;
  kill(): Promise<void>;
}

/** Starts a program of this folder in a process of its own. */
export function startLogProcess(program: string, args: readonly string[]): LogProcess {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', join(here, program), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const lines: string[] = [];
  let rest = '';
  let arrived = (): void => undefined;
  child.stdout?.on('data', (data: Buffer) => {
    const parts = (rest + data.toString()).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    arrived();
  });
  const ended = once(child, 'exit').then(() => arrived());
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    async line(matches) {
      for (;;) {
        const index = lines.findIndex((line) => matches.test(line));
        const found = lines[index];
        if (found !== undefined) {
          lines.splice(0, index + 1);
          return found;
        }
        if (hasEnded()) throw new Error(`${program} ended before it printed ${String(matches)}`);
        await new Promise<void>((resolve) => (arrived = resolve));
      }
    },
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
