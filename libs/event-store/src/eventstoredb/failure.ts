import type { ExpectedRevision, StreamName } from '../port.js';
import { EventStoreError } from '../port.js';

/** The server did not answer in time: whether it did what was asked is unknown. */
export class NoAnswer extends Error {
  constructor(readonly waitedMs: number) {
    super(`no answer within ${waitedMs} ms`);
    this.name = 'NoAnswer';
  }
}

/** The client's errors say what they are by their type. */
export function failureType(error: unknown): string | undefined {
  const { type } = (error ?? {}) as { readonly type?: unknown };
  return typeof type === 'string' ? type : undefined;
}

/** Failures by which the server has said that it will not do it, now or later. */
const FINAL = new Set([
  'wrong-expected-version',
  'stream-deleted',
  'stream-not-found',
  'maximum-append-size-exceeded',
  'access-denied',
  'missing-required-metadata-property',
  'invalid-argument',
  'unsupported',
]);

export function isFinal(error: unknown): boolean {
  return error instanceof EventStoreError || error instanceof TypeError || FINAL.has(failureType(error) ?? '');
}

/** The server has not even tried. */
export function isNotDone(error: unknown): boolean {
  return failureType(error) === 'not-leader';
}

/** What was asked for, to word a failure. */
export interface Asked {
  readonly server: string;
  readonly stream?: StreamName;
  readonly expected?: ExpectedRevision;
}

/** What a failure of the client means to a caller of the port. */
export function asStoreError(error: unknown, { server, stream = '', expected = 'any' }: Asked): EventStoreError {
  if (error instanceof EventStoreError) return error;
  const options = { cause: error };
  switch (failureType(error)) {
    case 'wrong-expected-version':
      return wrongExpectedRevision(stream, expected, actualOf(error));
    case 'stream-deleted':
      return new EventStoreError('STREAM_TOMBSTONED', `stream ${stream} was deleted for ever`, undefined, options);
    case 'maximum-append-size-exceeded':
      return new EventStoreError('EVENT_TOO_LARGE', `an append to stream ${stream} is too large`, undefined, options);
    case 'access-denied':
      return new EventStoreError(
        'STORE_REFUSED',
        `EventStoreDB at ${server} refuses access: ${REMEDY}`,
        undefined,
        options,
      );
    default:
      return storeUnavailable(server, error);
  }
}

const REMEDY = 'check the user and the password in EVENT_STORE_URL, and that they are let read $all';

export function wrongExpectedRevision(
  stream: StreamName,
  expected: ExpectedRevision,
  actual: number | 'no-stream',
): EventStoreError {
  const message = `stream ${stream} was expected at ${expected} but is at ${actual}`;
  return new EventStoreError('WRONG_EXPECTED_REVISION', message, { stream, expected, actual });
}

export function storeUnavailable(server: string, error: unknown): EventStoreError {
  const finding = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
  const message = `EventStoreDB at ${server} cannot be used (${finding})`;
  return new EventStoreError('STORE_UNAVAILABLE', message, undefined, { cause: error });
}

/** A number below zero stands for a stream without events. */
function actualOf(error: unknown): number | 'no-stream' {
  const { actualVersion } = error as { readonly actualVersion: bigint | 'no_stream' };
  return actualVersion === 'no_stream' || actualVersion < 0n ? 'no-stream' : Number(actualVersion);
}
