import { MongoBulkWriteError } from 'mongodb';
import type { BulkWriteResult, Document, WriteError } from 'mongodb';
import type { Refusal } from './server-errors.js';
import type { WriteOperation } from './write-operation.js';
import type { WriteOutcome } from './write-outcome.js';

type Ids = Record<number, unknown>;

const sum = (outcomes: readonly WriteOutcome[], count: (outcome: WriteOutcome) => number): number =>
  outcomes.reduce((total, outcome) => total + count(outcome), 0);

function writeErrorOf(refusal: Refusal, index: number, operation: Document): WriteError {
  const plain = { code: refusal.code, index, errmsg: refusal.errmsg, op: operation };
  const error = {
    ...plain,
    err: plain,
    errInfo: undefined,
    getOperation: () => operation,
    toJSON: () => plain,
    toString: () => `WriteError(${JSON.stringify({ code: plain.code, index, errmsg: plain.errmsg })})`,
  };
  return error as unknown as WriteError;
}

function insertedIds(operations: readonly WriteOperation[], outcomes: readonly WriteOutcome[]): Ids {
  const ids: Ids = {};
  operations.forEach((operation, at) => {
    if (operation.kind === 'insert' && outcomes[at]?.inserted === 1) ids[at] = operation.next.document._id;
  });
  return ids;
}

function upsertedIds(outcomes: readonly WriteOutcome[]): Ids {
  const ids: Ids = {};
  outcomes.forEach(({ upserted }, at) => {
    if (upserted) ids[at] = upserted.id;
  });
  return ids;
}

/** Counts of a bulk write in the driver's shape; the driver exports that class as a type only. */
function resultOf(
  operations: readonly WriteOperation[],
  outcomes: readonly WriteOutcome[],
  errors: readonly WriteError[],
): BulkWriteResult {
  const upserted = upsertedIds(outcomes);
  const result = {
    ok: 1,
    insertedCount: sum(outcomes, ({ inserted }) => inserted),
    matchedCount: sum(outcomes, ({ matched }) => matched),
    modifiedCount: sum(outcomes, ({ modified }) => modified),
    deletedCount: sum(outcomes, ({ deleted }) => deleted),
    upsertedCount: Object.keys(upserted).length,
    upsertedIds: upserted,
    insertedIds: insertedIds(operations, outcomes),
    isOk: () => true,
    hasWriteErrors: () => errors.length > 0,
    getWriteErrorCount: () => errors.length,
    getWriteErrorAt: (at: number) => errors[at],
    getWriteErrors: () => [...errors],
    getWriteConcernError: () => undefined,
    getUpsertedIdAt: (at: number) => upserted[at],
    getRawResponse: () => ({ ok: 1, writeErrors: errors }),
  };
  return result as unknown as BulkWriteResult;
}

/**
 * The result of a bulk write.
 * @throws MongoBulkWriteError if any operation was refused; it carries every refusal with its index, and the counts
 */
export function bulkResult(
  operations: readonly WriteOperation[],
  outcomes: readonly WriteOutcome[],
  sources: readonly object[],
): BulkWriteResult {
  const errors = outcomes.flatMap(({ refusal }, at) =>
    refusal ? [writeErrorOf(refusal, at, sources[at] as Document)] : [],
  );
  const result = resultOf(operations, outcomes, errors);
  const first = outcomes.find(({ refusal }) => refusal !== undefined)?.refusal;
  if (!first) return result;
  throw new MongoBulkWriteError({ message: first.errmsg, code: first.code, writeErrors: errors }, result);
}
