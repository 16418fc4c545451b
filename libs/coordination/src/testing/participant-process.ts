import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RedisTiming } from '../redis/timing.js';
import { eventually } from '../contract/fixture.js';

export interface Participant {
  /** Resolves with the first line that matches and was not returned before. */
  line(matches: RegExp): Promise<string>;
  /** Writes a line to it. */
  tell(line: string): void;
  signal(name: NodeJS.Signals): void;
  kill(): Promise<void>;
}

/** Starts `participant.ts` in a process of its own. */
export function startParticipant(
  url: string,
  timing: Partial<RedisTiming>,
  ...what: readonly ['register' | 'lease', ...string[]]
): Participant {
  const program = join(import.meta.dirname, 'participant.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program, url, JSON.stringify(timing), ...what], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  const exited = once(child, 'exit');
  return {
    async line(matches) {
      await eventually(() => lines.some((line) => matches.test(line)), 20_000);
      return lines.splice(0, lines.findIndex((line) => matches.test(line)) + 1).at(-1) ?? '';
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
