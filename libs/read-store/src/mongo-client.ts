import { MongoClient, MongoNetworkError, MongoServerError, MongoServerSelectionError } from 'mongodb';
import type { Db, MongoClientOptions } from 'mongodb';
import { misconfigured } from './mongo-address.js';
import type { MongoAddress } from './mongo-address.js';
import { ReadStoreError } from './read-store-error.js';

export interface MongoReadStoreOptions {
  /** `mongodb://…` or `mongodb+srv://…`; the database is the one in its path, `order_flow` without. */
  readonly url: string;
  /** How long one answer is waited for, in milliseconds; `socketTimeoutMS` in the URL goes before it. Default 30,000. */
  readonly answerMs?: number;
  /** How long a server is looked for, in milliseconds; `serverSelectionTimeoutMS` in the URL goes before it. Default 10,000. */
  readonly findMs?: number;
}

const DEFAULT_ANSWER_MS = 30_000;
const DEFAULT_FIND_MS = 10_000;

/** What the URL may decide otherwise: how many connections, and how long to wait. */
const patience = ({ answerMs = DEFAULT_ANSWER_MS, findMs = DEFAULT_FIND_MS }: MongoReadStoreOptions) =>
  ({
    appName: 'order-flow',
    maxPoolSize: 20,
    minPoolSize: 1,
    waitQueueTimeoutMS: DEFAULT_FIND_MS,
    serverSelectionTimeoutMS: findMs,
    connectTimeoutMS: findMs,
    socketTimeoutMS: answerMs,
  }) satisfies MongoClientOptions;

/** What is relied on: a write that was acknowledged outlives the loss of any one server. */
const DURABLE = { w: 'majority', journal: true } as const;
const RETRIES = { retryWrites: true, retryReads: true } satisfies MongoClientOptions;

/** A client that is not connected yet. @throws ReadStoreError STORE_REFUSED, without repeating the URL */
export function mongoClient(options: MongoReadStoreOptions, { options: named }: MongoAddress): MongoClient {
  const ours = Object.entries(patience(options)).filter(([name]) => !named.has(name.toLowerCase()));
  try {
    return new MongoClient(options.url, { ...Object.fromEntries(ours), ...RETRIES });
  } catch {
    // The driver's own words may repeat parts of what it could not read, and so of a password.
    throw misconfigured('the driver cannot read it; see to its options and to percent-encoding in its credentials');
  }
}

/** AuthenticationFailed, Unauthorized, and what hosted MongoDB answers instead. */
const NOT_LET_IN = new Set<unknown>([18, 13, 8000]);

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';

const AWAY = [MongoNetworkError, MongoServerSelectionError] as const;

/** Whether an operation failed because no server answers: the same may be asked again later. */
export const isReadStoreAway = (error: unknown): boolean =>
  error instanceof ReadStoreError ? error.code === 'STORE_UNAVAILABLE' : AWAY.some((away) => error instanceof away);

/** So it looks, too, when one side speaks TLS and the other does not. */
const MISUNDERSTOOD = /TLS|SSL|closed|selection timed out/;

/** Why a server cannot be used, and what to do. */
function away(error: unknown): string {
  const line = firstLine(error);
  const cause = line.includes('SSL routines') && line.includes('wrong version number') ? 'its answer is not TLS' : line;
  const remedy = MISUNDERSTOOD.test(line) ? ': tls=true if it speaks TLS, tls=false if it does not' : '';
  return `(${cause}): start it, or correct MONGO_URL${remedy}`;
}

/** What a failure of the driver means to a caller of the port, in one line. */
export function asReadStoreError(error: unknown, { hosts }: MongoAddress): ReadStoreError {
  if (error instanceof ReadStoreError) return error;
  const options = { cause: error };
  if (error instanceof MongoServerError && NOT_LET_IN.has(error.code)) {
    const message = `MongoDB at ${hosts} refuses access (${firstLine(error)}): check the user, the password and authSource in MONGO_URL`;
    return new ReadStoreError('STORE_REFUSED', message, options);
  }
  const message = `MongoDB at ${hosts} cannot be used ${away(error)}`;
  return new ReadStoreError('STORE_UNAVAILABLE', message, options);
}

/** The database that the address names. */
export const mongoDatabase = (client: MongoClient, { database }: MongoAddress): Db =>
  client.db(database, { writeConcern: DURABLE });
