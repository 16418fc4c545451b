import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bridgeCheckpoint, eventTopics } from '@order-flow/contracts';
import { inProcessCoordination } from '@order-flow/coordination';
import { type EventLog, openMemoryEventLog } from '@order-flow/event-log';
import { type EventStore, openEmbeddedEventStore } from '@order-flow/event-store';
import { type Caller, Identity, silentLogger } from '@order-flow/service-kit';
import { commandDeadLetters, startCommandService } from '../index.js';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

export interface RunningService {
  readonly store: EventStore;
  readonly log: EventLog;
  readonly url: string;
  readonly as: (caller: Caller) => Client;
  readonly operator: Client;
  stop(): Promise<void>;
}

export interface Client {
  readonly get: (path: string) => Promise<Answer>;
  /** A string is sent as it is, undefined not at all. */
  readonly post: (path: string, body?: unknown, key?: string) => Promise<Answer>;
}

/** The whole command service on a temporary event store and an in-memory log. */
export async function runningService(): Promise<RunningService> {
  const directory = await mkdtemp(join(tmpdir(), 'command-service-'));
  const store = await openEmbeddedEventStore({ path: directory });
  const log = await openMemoryEventLog();
  await log.admin.ensureTopics([...eventTopics, bridgeCheckpoint, commandDeadLetters], { partitions: 2 });
  const identity = await Identity.ephemeral();
  const service = await startCommandService({
    store,
    log,
    leases: inProcessCoordination().leases,
    identity,
    logger: silentLogger(),
    host: '127.0.0.1',
    port: 0,
  });
  const { url } = service.server;
  const as = (caller: Caller): Client => {
    const send = async (path: string, init: RequestInit): Promise<Answer> => {
      const authorization = `Bearer ${await identity.issue(caller)}`;
      const response = await fetch(url + path, { ...init, headers: { ...(init.headers as object), authorization } });
      const text = await response.text();
      return { status: response.status, body: JSON.parse(text) as Answer['body'], headers: response.headers };
    };
    return {
      get: (path) => send(path, {}),
      post: (path, body, key) =>
        send(path, {
          method: 'POST',
          ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
          headers: {
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(key ? { 'idempotency-key': key } : {}),
          },
        }),
    };
  };
  return {
    store,
    log,
    url,
    as,
    operator: as({ subject: 'operator', role: 'operator' }),
    stop: async () => {
      await service.stop();
      await log.close();
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
