import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';

const LOGGING = new URL('logging.ts', import.meta.url).href;
const LINES = 20_000;

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A process that writes log lines when it is told to, and ends by `process.exit` right after the last one. */
function logging(lines: number): ChildProcess {
  const script = `
    import { createLogger } from ${JSON.stringify(LOGGING)};
    const logger = createLogger({ format: 'json' });
    process.on('message', () => {
      for (let line = 1; line <= ${lines}; line++) logger.info({ line }, 'x'.repeat(100));
      process.exit(0);
    });
    process.send('ready');`;
  const argv = ['--import', 'tsx', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  started.push(child);
  return child;
}

/** Its exit code. */
async function ended(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(10_000) })) as [number | null];
  return code;
}

describe('log lines on standard output', () => {
  it('keep no process from ending when their reader is gone', async () => {
    const child = logging(2);
    await once(child, 'message');
    child.stdout?.destroy();
    child.send('write');
    expect(await ended(child)).toBe(0);
  });

  it('keep no process from ending when their reader takes nothing', async () => {
    const child = logging(LINES);
    await once(child, 'message');
    child.stdout?.pause();
    child.send('write');
    expect(await ended(child)).toBe(0);
  });

  it('are all there, in order, when the process ends right after them', async () => {
    const child = logging(LINES);
    let text = '';
    child.stdout?.on('data', (chunk) => (text += String(chunk)));
    await once(child, 'message');
    child.send('write');
    await once(child, 'close');
    const numbers = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { line: number }).line);
    expect(numbers).toEqual(Array.from({ length: LINES }, (_, index) => index + 1));
  });
});
