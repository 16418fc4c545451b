import { CoordinationError } from '../coordination-error.js';

/** The server did not answer in time: whether it did what was asked is unknown. */
export class NoAnswer extends Error {
  constructor(readonly waitedMs: number) {
    super(`no answer within ${waitedMs} ms`);
    this.name = 'NoAnswer';
  }
}

/**
 * @throws NoAnswer after `withinMs`; what has come in while this process was busy is looked at first
 */
export async function answered<T>(asked: Promise<T>, withinMs: number): Promise<T> {
  let late: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    late = setTimeout(() => setImmediate(() => reject(new NoAnswer(withinMs))), withinMs);
  });
  try {
    return await Promise.race([asked, over]);
  } finally {
    clearTimeout(late);
  }
}

const NAMED: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'unknown host',
  ETIMEDOUT: 'no answer to connecting',
  ERR_SSL_WRONG_VERSION_NUMBER: 'its answer is not TLS',
};

/** Codes of OpenSSL and of Node for a server that cannot prove who it is, e.g. DEPTH_ZERO_SELF_SIGNED_CERT. */
const CERTIFICATE = /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/;

const UNTRUSTED = 'its certificate is not trusted';

/** A failure in words. The client's errors carry the command with its arguments, so that of AUTH the password: they are never logged or passed on themselves. */
export function causeOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  const named = typeof code === 'string' ? NAMED[code] : undefined;
  if (named) return named;
  if (typeof code === 'string' && CERTIFICATE.test(code))
    return `${UNTRUSTED}: ${String(message)}; NODE_EXTRA_CA_CERTS names a file of authorities`;
  const [line = ''] = (typeof message === 'string' ? message : '').split('\n', 1);
  return line || (typeof code === 'string' ? code : 'unknown cause');
}

/** Of a failure in words: so it looks, too, when one side speaks TLS and the other does not. */
const MISUNDERSTOOD = /TLS|SSL|closed|reset|no answer to connecting/i;

/** What to do about a server that cannot be reached. */
export const remedyFor = (cause: string): string =>
  MISUNDERSTOOD.test(cause)
    ? 'start it, or correct REDIS_URL: rediss:// if it speaks TLS, redis:// if it does not'
    : 'start it, or correct REDIS_URL';

const REFUSALS = /^(WRONGPASS|NOAUTH|NOPERM|DENIED)\b|invalid (username-)?password|DB index is out of range/;

/** Of a failure in words: we do not want the server. */
export const isUntrusted = (cause: string): boolean => cause.startsWith(UNTRUSTED);

/** The server is there and does not want us, or we do not want it. */
export function isRefusal(error: unknown): boolean {
  const cause = causeOf(error);
  return REFUSALS.test(cause) || isUntrusted(cause);
}

/** Replies of a server that is no use at present, though it answers: a replica, or one that is still loading. */
export const isNotServing = (error: unknown): boolean => /^(READONLY|LOADING|MASTERDOWN)\b/.test(causeOf(error));

export const unavailable = (server: string, cause: string): CoordinationError =>
  new CoordinationError('COORDINATION_UNAVAILABLE', `Redis at ${server} cannot be used (${cause})`);
