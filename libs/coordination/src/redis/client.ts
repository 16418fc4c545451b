import type { Redis } from 'ioredis';

export type RedisClient = Redis;

const CONNECT_MS = 5_000;
const DISCONNECT_MS = 200;

/**
 * A client for one connection: when that ends, the client ends, and what was not answered fails. So nothing is queued
 * for a server that is away, and nothing is sent twice.
 */
export async function newClient(url: string): Promise<RedisClient> {
  const loaded = await import('ioredis');
  return new loaded.Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    disableClientInfo: true,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_MS,
    disconnectTimeout: DISCONNECT_MS,
  });
}
