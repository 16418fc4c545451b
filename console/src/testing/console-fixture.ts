import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CloudEvent, encodeEvent, eventTopics } from '@order-flow/contracts';
import type { ServiceDirectory, ServiceInstance } from '@order-flow/coordination';
import { type NewRecord, openMemoryEventLog } from '@order-flow/event-log';
import { Identity, type Role, silentLogger } from '@order-flow/service-kit';
import { startConsole } from '../start-console.js';

export const PARTITIONS = 3;

/** A running console over a log in memory, with a page of two files. */
export async function consoleFixture() {
  const webRoot = await mkdtemp(join(tmpdir(), 'console-page-'));
  await mkdir(join(webRoot, 'assets'));
  await writeFile(join(webRoot, 'index.html'), '<!doctype html><title>console</title>');
  await writeFile(join(webRoot, 'assets', 'page-abc.js'), 'export {};');
  await writeFile(join(webRoot, 'private.txt'), 'not an asset');
  const log = await openMemoryEventLog();
  const failures = {
    name: 'payment.dlq',
    key: 'key of the failed record',
    cleanup: 'delete',
    retentionMs: -1,
  } as const;
  const state = { name: 'payment.balances.changelog', key: 'key', cleanup: 'compact', retentionMs: -1 } as const;
  await log.admin.ensureTopics([...eventTopics, failures, state], { partitions: PARTITIONS });
  const writer = await log.openWriter('test');
  const identity = await Identity.ephemeral();
  const gateways: ServiceInstance[] = [];
  const running = await startConsole({
    log,
    directory: directoryOf(gateways),
    identity,
    logger: silentLogger(),
    host: '127.0.0.1',
    port: 0,
    webRoot,
  });
  const headersFor = async (role: Role, subject: string, lifetime?: string) => ({
    authorization: `Bearer ${await identity.issue({ subject, role }, lifetime)}`,
  });
  const operator = await headersFor('operator', 'root');
  const { url } = running.server;
  return {
    url,
    log: log,
    operator,
    headersFor,
    gateways,
    write: (...records: NewRecord[]) => writer.commit({ records }),
    get: async (path: string, headers: Record<string, string> = operator) => {
      const response = await fetch(`${url}${path}`, { headers });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
    stopConsole: () => running.stop(),
    stop: async () => {
      await running.stop();
      await log.close();
      await rm(webRoot, { recursive: true });
    },
  };
}

function directoryOf(gateways: readonly ServiceInstance[]): ServiceDirectory {
  return {
    register: () => Promise.reject(new Error('the console registers nothing')),
    instances: (service) => gateways.filter((instance) => instance.service === service),
    all: () => gateways,
    version: 1,
    watch: () => () => undefined,
  };
}

/** A record of an event. */
export function eventRecord(
  topic: string,
  event: Pick<CloudEvent, 'id' | 'type' | 'subject' | 'causationid' | 'data'>,
  timestamp: number,
  headers: Record<string, string> = {},
): NewRecord {
  const value = encodeEvent({
    specversion: '1.0',
    source: '/test',
    time: new Date(timestamp).toISOString(),
    datacontenttype: 'application/json',
    schemaversion: 1,
    correlationid: 'command',
    ...event,
  });
  return { topic, key: event.subject, value, timestamp, headers };
}
