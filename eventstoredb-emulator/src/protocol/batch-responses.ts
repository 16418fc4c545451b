import type { Appended, ExpectedRevision } from '@order-flow/event-store';
import { EventStoreError } from '@order-flow/event-store';
import { CallFailure } from './failure.js';
import type { Shared, StatusMessage, Streams } from './generated.js';
import {
  AllStreamPosition,
  Any,
  BadRequest,
  BatchAppendResp,
  Code,
  Empty,
  MaximumAppendSizeExceeded,
  Status,
  StreamDeleted,
  Timeout,
  Unknown,
  WrongExpectedVersion,
} from './generated.js';
import { LARGEST_APPEND } from './proposal.js';
import { positionText } from './responses.js';
import { streamIdentifier } from './text.js';

/** The one answer that an append of a batch stream gets. */
export function batchResponse(
  correlation: Shared.UUID | undefined,
  stream: string,
  outcome: Appended | StatusMessage,
): Streams.BatchAppendResp {
  const response = new BatchAppendResp().setCorrelationId(correlation).setStreamIdentifier(streamIdentifier(stream));
  return outcome instanceof Status ? response.setError(outcome) : response.setSuccess(success(outcome));
}

/** As a batch stream tells failures: by the type of a message within a status. */
export function batchFailure(stream: string, error: unknown): StatusMessage {
  if (error instanceof EventStoreError && error.conflict) {
    const conflict = wrongExpectedVersion(error.conflict.expected, error.conflict.actual);
    return failure(Code.ALREADY_EXISTS, 'WrongExpectedVersion', conflict);
  }
  if (error instanceof EventStoreError && error.code === 'STREAM_TOMBSTONED') {
    const deleted = new StreamDeleted().setStreamIdentifier(streamIdentifier(stream));
    return failure(Code.NOT_FOUND, 'StreamDeleted', deleted);
  }
  if (!(error instanceof CallFailure)) return failure(Code.UNKNOWN, 'Unknown', new Unknown());
  if (error.metadata.get('maximum-append-size').length > 0) {
    const exceeded = new MaximumAppendSizeExceeded().setMaxappendsize(LARGEST_APPEND);
    return failure(Code.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', exceeded);
  }
  return failure(Code.INVALID_ARGUMENT, 'BadRequest', new BadRequest().setMessage(error.details));
}

export function batchTimeout(): StatusMessage {
  return failure(Code.DEADLINE_EXCEEDED, 'Timeout', new Timeout());
}

function success(appended: Appended): Streams.BatchAppendResp.Success {
  const result = new BatchAppendResp.Success();
  if (appended.revision < 0) return result.setNoStream(new Empty()).setNoPosition(new Empty());
  const text = positionText(appended);
  const position = new AllStreamPosition().setCommitPosition(text).setPreparePosition(text);
  return result.setCurrentRevision(String(appended.revision)).setPosition(position);
}

function wrongExpectedVersion(expected: ExpectedRevision, actual: number | 'no-stream'): Shared.WrongExpectedVersion {
  const conflict = new WrongExpectedVersion();
  if (actual === 'no-stream') conflict.setCurrentNoStream(new Empty());
  else conflict.setCurrentStreamRevision(String(actual));
  if (expected === 'any') return conflict.setExpectedAny(new Empty());
  if (expected === 'no-stream') return conflict.setExpectedNoStream(new Empty());
  if (expected === 'exists') return conflict.setExpectedStreamExists(new Empty());
  return conflict.setExpectedStreamPosition(String(expected));
}

function failure(code: StatusCode, name: string, details: { serializeBinary(): Uint8Array }): StatusMessage {
  const packed = new Any();
  packed.pack(details.serializeBinary(), `event_store.client.${name}`);
  return new Status().setCode(code).setMessage(name).setDetails(packed);
}

type StatusCode = Parameters<StatusMessage['setCode']>[0];
