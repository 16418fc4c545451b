import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { lockDataDirectory } from '@order-flow/all-in-one';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cluster-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

async function start(env: Record<string, string>) {
  const argv = ['--import', 'tsx', join(import.meta.dirname, 'main.ts'), '--data-dir', dataDir];
  const child = spawn(process.execPath, argv, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  const [said] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { said, code: child.exitCode };
}

it('a second cluster on a data directory is refused, and leaves the ready file of the first', async () => {
  const first = createServer().listen(0, '127.0.0.1');
  await once(first, 'listening');
  const { port } = first.address() as { port: number };
  const release = await lockDataDirectory(dataDir);
  await writeFile(join(dataDir, 'ready.json'), '{}');
  const second = await start({
    REGISTRY_PORT: String(port),
    EVENT_STORE_URL: 'esdb://127.0.0.1:1?tls=false',
    KAFKA_BROKERS: '127.0.0.1:1',
    MONGO_URL: 'mongodb://127.0.0.1:1',
    REDIS_URL: 'redis://127.0.0.1:1',
  }).finally(() => first.close());
  expect(second).toEqual({
    said: expect.stringMatching(`^Cannot start: ${dataDir} is in use by process ${process.pid}`),
    code: 1,
  });
  expect(await readFile(join(dataDir, 'ready.json'), 'utf8')).toBe('{}');
  await release();
}, 60_000);
