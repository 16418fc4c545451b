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
  return follow(process.execPath, commandLine(program, options));
}

/** The same with files that cannot grow beyond a number of blocks (512 or 1,024 bytes, as the shell has it): a full disk. */
export function startProcessWithFullDisk(
  blocks: number,
  program: string,
  ...options: readonly string[]
): StartedProcess {
  const limited = `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`;
  return follow('sh', ['-c', limited, 'sh', process.execPath, ...commandLine(program, options)]);
}

function commandLine(program: string, options: readonly string[]): string[] {
  return ['--import', 'tsx', join(import.meta.dirname, program), ...options];
}

function follow(command: string, options: readonly string[]): StartedProcess {
  const child = spawn(command, options, { cwd: import.meta.dirname });
  let printed = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, complaint }));
  return { child, printed: () => printed, ended };
}
