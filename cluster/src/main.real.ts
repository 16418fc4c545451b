import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { freePortOffset, Ready } from '@order-flow/all-in-one';
import { startEventStore, startKafka, startMongo, startRedis } from '@order-flow/servers';
import { sleep } from '@order-flow/service-kit';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cluster-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

it('a cluster that stops takes its ready file away first, so that nobody is sent to it meanwhile', async () => {
  const servers = await Promise.all([startKafka(), startEventStore(), startMongo(), startRedis()]);
  const [kafka, eventStore, mongo, redis] = servers;
  const argv = ['--import', 'tsx', join(import.meta.dirname, 'main.ts'), '--data-dir', dataDir];
  const child = spawn(process.execPath, [...argv, '--port-offset', String(await freePortOffset())], {
    env: {
      ...process.env,
      EVENT_STORE_URL: eventStore.url,
      KAFKA_BROKERS: kafka.brokers,
      MONGO_URL: mongo.url,
      REDIS_URL: redis.url,
    },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  const readyFile = (): Promise<string | undefined> =>
    readFile(join(dataDir, 'ready.json'), 'utf8').catch(() => undefined);
  try {
    let text: string | undefined;
    while (!(text = await readyFile()) && child.exitCode === null) await sleep(50);
    const { urls } = Ready.parse(JSON.parse(text ?? '{}'));
    child.kill('SIGTERM');
    while (await readyFile()) await sleep(1);
    // the registry is the last to go
    expect((await fetch(`${urls.registry}/health/live`)).status).toBe(200);
    expect(await ended).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
    await Promise.all(servers.map((server) => server.down()));
  }
}, 180_000);
