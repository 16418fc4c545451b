import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface StartedProcess {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly printed: () => string;
  /** Resolves when it has ended, by itself or killed, and all that it printed is here. */
  readonly ended: Promise<{ readonly code: number | null; readonly complaint: string }>;
}

/** Runs a program of this directory in a process of its own. */
export function startProcess(program: string, ...options: readonly string[]): StartedProcess {
  const { dirname } = import.meta;
  const child = spawn(process.execPath, ['--import', 'tsx', join(dirname, program), ...options], { cwd: dirname });
  let printed = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, complaint }));
  return { child, printed: () => printed, ended };
}
