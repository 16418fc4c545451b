import { ReadStoreError } from './read-store-error.js';

/** What is read of a connection string here; the driver reads the whole of it. */
export interface MongoAddress {
  /** `host:port,host:port`, to be shown: never with credentials. */
  readonly hosts: string;
  /** Named by the path. */
  readonly database: string;
  /** Names of the options in it, in lower case. */
  readonly options: ReadonlySet<string>;
}

export const DEFAULT_DATABASE = 'order_flow';

const SHAPE = /^mongodb(?:\+srv)?:\/\/(?:[^@/?]*@)?([^@/?\s]+)(?:\/([^?/]*))?(?:\?(.*))?$/;

export function misconfigured(finding: string): ReadStoreError {
  return new ReadStoreError('STORE_REFUSED', `MONGO_URL: ${finding}`);
}

/** @throws ReadStoreError STORE_REFUSED for what is no connection string, without repeating it */
export function mongoAddress(url: string): MongoAddress {
  const [, hosts, path = '', query = ''] = SHAPE.exec(url.trim()) ?? [];
  if (hosts === undefined)
    throw misconfigured(
      'it is no connection string of MongoDB: mongodb://[user:password@]host:port[/database] is; credentials with signs like @ or / have to be percent-encoded',
    );
  const names = query.split('&').map((option) => option.split('=', 1)[0] ?? '');
  return {
    hosts,
    database: path === '' ? DEFAULT_DATABASE : decoded(path),
    options: new Set(names.filter((name) => name !== '').map((name) => name.toLowerCase())),
  };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw misconfigured('the name of its database is not percent-encoded as it has to be');
  }
}
