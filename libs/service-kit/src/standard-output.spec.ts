import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const LOGGING = new URL('logging.ts', import.meta.url).href;
const LINES = 20_000;

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A process that writes as many log lines as it is told to; told of none, it ends by `process.exit`. */
function logging(): ChildProcess {
  const script = `
    import { createLogger } from ${JSON.stringify(LOGGING)};
    const logger = createLogger({ format: 'json' });
    let line = 0;
    process.on('message', (lines) => {
      for (let more = 0; more < lines; more++) logger.info({ line: ++line }, 'x'.repeat(100));
      if (lines > 0) process.send('written');
      else process.exit(0);
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

/** Lets it write, and waits until it has. */
async function written(child: ChildProcess, lines: number): Promise<void> {
  child.send(lines);
  await once(child, 'message');
}

describe('log lines on standard output', () => {
  let child: ChildProcess;
  let text = '';
  beforeEach(async () => {
    child = logging();
    text = '';
    await once(child, 'message');
  });

  const read = (): unknown => child.stdout?.on('data', (chunk) => (text += String(chunk)));
  const lines = (): { line?: number; msg: string }[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { line?: number; msg: string });

  it('keep no process from ending when their reader is gone', async () => {
    child.stdout?.destroy();
    await written(child, 2);
    child.send(0);
    expect(await ended(child)).toBe(0);
  });

  it('are dropped when their reader takes nothing, and what it then takes says how many', async () => {
    await written(child, LINES);
    read();
    for (let more = LINES; !text.includes('missing'); more++) {
      expect(more).toBeLessThan(2 * LINES);
      await written(child, 1);
    }
    child.send(0);
    await once(child, 'close');
    const found = lines();
    const missing = found.findIndex(({ line }) => line === undefined);
    const later = found.slice(missing + 1).map(({ line }) => line);
    expect(found[missing]?.msg).toBe(
      `${Number(later[0]) - 1 - missing} lines are missing here: nobody read them in time`,
    );
    expect(later).toEqual(later.map((_, index) => Number(later[0]) + index));
  });

  it('that were dropped are counted at the end', async () => {
    await written(child, LINES);
    child.send(0);
    await setTimeout(50);
    read();
    await once(child, 'close');
    const found = lines();
    expect(found.at(-1)?.msg).toBe(`${LINES - found.length + 1} lines are missing here: nobody read them in time`);
  });

  it('are all there, in order, when the process ends right after them', async () => {
    read();
    child.send(LINES);
    child.send(0);
    await once(child, 'close');
    expect(lines().map(({ line }) => line)).toEqual(Array.from({ length: LINES }, (_, index) => index + 1));
  });
});
