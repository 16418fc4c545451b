import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Identity, sleep } from '@order-flow/service-kit';

const RUN_SERVICE = new URL('run-service.ts', import.meta.url).href;

let directory: string;
let pid: number | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'run-service-'));
  await Identity.fromDirectory(join(directory, 'identity'));
});
afterEach(async () => {
  if (pid !== undefined && isRunning(pid)) process.kill(pid, 'SIGKILL');
  await rm(directory, { recursive: true });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A service that waits for ever in its start, as the child of a process that was killed as soon as it had started it. */
async function orphan(beforeItBegins: string): Promise<number> {
  const service = `${beforeItBegins}
    const { runService } = await import(${JSON.stringify(RUN_SERVICE)});
    setInterval(() => undefined, 1_000);
    await runService('idle', [], () => new Promise(() => undefined));`;
  const argv = ['--import', 'tsx', '--input-type=module', '-e', service];
  const options = { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], detached: true };
  const parent = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ${JSON.stringify(argv)}, ${JSON.stringify(options)});
    process.stdout.write(String(child.pid), () => process.kill(process.pid, 'SIGKILL'));`;
  const started = spawn(process.execPath, ['-e', parent], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DATA_DIR: directory },
  });
  let text = '';
  started.stdout.on('data', (chunk) => (text += String(chunk)));
  await once(started, 'close');
  return Number(text);
}

describe('a service whose parent process is gone', () => {
  it.each([
    ['while it was still being loaded', 'await new Promise((resolve) => setTimeout(resolve, 500));'],
    ['at once', ''],
  ])('ends: %s', async (_, beforeItBegins) => {
    pid = await orphan(beforeItBegins);
    const until = performance.now() + 15_000;
    while (isRunning(pid) && performance.now() < until) await sleep(20);
    expect(isRunning(pid)).toBe(false);
  });
});
