import { MongoServerError } from 'mongodb';
import type { Document } from 'mongodb';

/** MongoDB's numbers for the refusals that the embedded store makes too. */
export const ServerErrorCode = {
  BadValue: 2,
  FailedToParse: 9,
  TypeMismatch: 14,
  PathNotViable: 28,
  Overflow: 15,
  InvalidNamespace: 73,
  ConflictingUpdateOperators: 40,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  CannotIndexParallelArrays: 171,
  QueryPlanKilled: 175,
  SortMemoryExceeded: 292,
  DocumentTooLarge: 10334,
  DuplicateKey: 11000,
  KeyTooLong: 17280,
  NegativeSkip: 51024,
} as const;

export type ServerErrorCode = (typeof ServerErrorCode)[keyof typeof ServerErrorCode];

/** A refusal as plain data: it becomes a thrown error, or one entry of a bulk write's errors. */
export interface Refusal {
  readonly code: number;
  readonly errmsg: string;
  readonly keyPattern?: Document;
  readonly keyValue?: Document;
}

/** The error a caller of the driver would get for the same refusal by a server. */
export function serverError(refusal: Refusal): MongoServerError {
  const codeName = Object.entries(ServerErrorCode).find(([, code]) => code === refusal.code)?.[0];
  return new MongoServerError({ ok: 0, ...(codeName === undefined ? {} : { codeName }), ...refusal });
}

export function refuse(code: ServerErrorCode, errmsg: string): never {
  throw serverError({ code, errmsg });
}

/** The refusal that an error stands for; anything but a refusal is thrown on. */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof MongoServerError) || typeof error.code !== 'number') throw error;
  return { code: error.code, errmsg: error.message };
}
