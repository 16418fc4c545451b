import { liveError } from '../schema/graphql-errors.js';
import type { LiveStream } from './live-stream.js';

/** The time of day may be set, and machines sleep: it is looked at this often at least. Milliseconds. */
const LOOK_EVERY = 60_000;

/**
 * Ends a stream with TOKEN_EXPIRED when the token it was opened with expires.
 * @param expiresAt milliseconds since 1970
 */
export function whileValid<S extends LiveStream<unknown>>(stream: S, expiresAt: number): S {
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const left = expiresAt - Date.now();
    if (left > 0) timer = setTimeout(look, Math.min(left, LOOK_EVERY)).unref();
    else stream.fail(liveError('TOKEN_EXPIRED', 'the token has expired: subscribe again with a new one'));
  };
  stream.onClose(() => clearTimeout(timer));
  look();
  return stream;
}
