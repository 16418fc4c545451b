import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface EmulatorProcess {
  readonly url: string;
  readonly port: number;
  /** Resolves with the exit code, null when it was killed. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

const URL = /EVENT_STORE_URL='(esdb:\/\/[^:]+:(\d+)\?tls=\w+)'/;

/** The emulator's program in a process of its own, once it is ready. Port 0 takes any free one. */
export async function startEmulatorProcess(dataDirectory: string, port: number): Promise<EmulatorProcess> {
  const program = join(import.meta.dirname, '..', 'main.ts');
  const options = ['--import', 'tsx', program, '--data-dir', dataDirectory, '--port', String(port)];
  const child = spawn(process.execPath, options, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  let printed = '';
  const ready = new Promise<RegExpExecArray>((resolve) => {
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        const match = URL.exec(printed);
        if (match) resolve(match);
      });
    }
  });
  const early = ended.then((code) => Promise.reject(new Error(`the emulator ended with ${code}: ${printed}`)));
  const [, url = '', chosen = ''] = await Promise.race([ready, early]);
  early.catch(() => undefined);
  return {
    url,
    port: Number(chosen),
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}
