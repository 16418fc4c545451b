import { Metadata, status } from '@grpc/grpc-js';
import type { ExpectedRevision } from '@order-flow/event-store';
import { EventStoreError } from '@order-flow/event-store';

/** What a call fails with: a gRPC status, and the trailers by which EventStoreDB's clients tell their errors apart. */
export class CallFailure extends Error {
  readonly metadata = new Metadata();

  constructor(
    readonly code: status,
    readonly details: string,
    trailers: Readonly<Record<string, string | number>> = {},
  ) {
    super(details);
    this.name = 'CallFailure';
    for (const [name, value] of Object.entries(trailers)) this.metadata.set(name, trailerText(String(value)));
  }
}

/** Trailers are ASCII only; gRPC throws otherwise. */
function trailerText(text: string): string {
  return text.replace(/[^ -~]+/gu, encodeURIComponent);
}

export function invalidArgument(details: string): CallFailure {
  return new CallFailure(status.INVALID_ARGUMENT, details);
}

export function streamDeleted(stream: string): CallFailure {
  const trailers = { exception: 'stream-deleted', 'stream-name': stream };
  return new CallFailure(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, trailers);
}

export function maximumAppendSizeExceeded(limit: number): CallFailure {
  const trailers = { exception: 'maximum-append-size-exceeded', 'maximum-append-size': limit };
  return new CallFailure(status.INVALID_ARGUMENT, `Maximum Append Size of ${limit} Exceeded.`, trailers);
}

export function missingMetadataProperty(property: string): CallFailure {
  const trailers = {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  };
  return new CallFailure(status.INVALID_ARGUMENT, `Required Metadata Property '${property}' is missing`, trailers);
}

export function accessDenied(): CallFailure {
  return new CallFailure(status.PERMISSION_DENIED, 'Access Denied.', { exception: 'access-denied' });
}

export function notAuthenticated(): CallFailure {
  return new CallFailure(status.UNAUTHENTICATED, 'Bad gRPC response. HTTP status code: 401');
}

export function unavailable(): CallFailure {
  return new CallFailure(status.UNAVAILABLE, 'Server Is Not Ready');
}

const NUMBERS = { any: -2, 'no-stream': -1, exists: -4 } as const;

/** EventStoreDB's number for an expected or actual revision. */
export function revisionNumber(revision: ExpectedRevision): number {
  return typeof revision === 'number' ? revision : NUMBERS[revision];
}

/** What a failure of the store means to a client. */
export function asCallFailure(stream: string, error: unknown): CallFailure {
  if (error instanceof CallFailure) return error;
  if (!(error instanceof EventStoreError)) return new CallFailure(status.UNKNOWN, String(error));
  if (error.code === 'STREAM_TOMBSTONED') return streamDeleted(stream);
  if (!error.conflict) return new CallFailure(status.UNAVAILABLE, error.message);
  const expected = revisionNumber(error.conflict.expected);
  const actual = revisionNumber(error.conflict.actual);
  const trailers = {
    exception: 'wrong-expected-version',
    'stream-name': stream,
    'expected-version': expected,
    'actual-version': actual,
  };
  const details = `Append failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`;
  return new CallFailure(status.FAILED_PRECONDITION, details, trailers);
}
