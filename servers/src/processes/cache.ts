import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where fetched programs are kept for all checkouts. */
export const cacheDirectory = (): string =>
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'order-flow');
