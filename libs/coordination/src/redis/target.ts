import { CoordinationError } from '../coordination-error.js';

/** Where the server is, and how it is shown. */
export interface RedisTarget {
  readonly url: string;
  /** `host:port`, without credentials. */
  readonly server: string;
}

/** @throws CoordinationError COORDINATION_REFUSED, which does not repeat the address: it may hold a password */
export function targetOf(url: string): RedisTarget {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.hostname && /^rediss?:$/.test(parsed.protocol))
    return { url, server: `${parsed.hostname}:${parsed.port || '6379'}` };
  throw new CoordinationError(
    'COORDINATION_REFUSED',
    'REDIS_URL is not an address of Redis: redis://[user:password@]host:port[/database] is, or rediss:// with TLS',
  );
}
