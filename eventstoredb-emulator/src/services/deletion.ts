import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import type { ExpectedRevision, Position } from '@order-flow/event-store';
import type { Journal } from '@order-flow/event-store/journal';
import type { AccessCheck } from '../access.js';
import { expectedRevision } from '../protocol/expectation.js';
import { asCallFailure, invalidArgument } from '../protocol/failure.js';
import type { Streams } from '../protocol/generated.js';
import { DeleteResp, TombstoneResp } from '../protocol/generated.js';
import { positionText } from '../protocol/responses.js';
import { streamName } from '../protocol/text.js';

type Request = Streams.DeleteReq | Streams.TombstoneReq;

/** Soft deletion: the stream is as if it were not there, until the next append. */
export function deleteService(journal: Journal, check: AccessCheck) {
  return unary(check, (stream: string, expected) => journal.delete(stream, expected), deleted);
}

/** Deletion for ever. */
export function tombstoneService(journal: Journal, check: AccessCheck) {
  return unary(check, (stream: string, expected) => journal.tombstone(stream, expected), tombstoned);
}

function unary<Response>(
  check: AccessCheck,
  remove: (stream: string, expected: ExpectedRevision) => Promise<Position>,
  response: (position: string) => Response,
) {
  return (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>): void => {
    const options = call.request.getOptions();
    const stream = streamName(options?.getStreamIdentifier()) ?? '';
    const run = async (): Promise<Response> => {
      check(call);
      if (!options || stream === '') throw invalidArgument('a deletion needs the name of a stream');
      const position = await remove(stream, expectedRevision(options));
      return response(positionText({ position }));
    };
    run().then(
      (done) => answer(null, done),
      (error: unknown) => answer(asCallFailure(stream, error)),
    );
  };
}

function deleted(position: string): Streams.DeleteResp {
  return new DeleteResp().setPosition(
    new DeleteResp.Position().setCommitPosition(position).setPreparePosition(position),
  );
}

function tombstoned(position: string): Streams.TombstoneResp {
  return new TombstoneResp().setPosition(
    new TombstoneResp.Position().setCommitPosition(position).setPreparePosition(position),
  );
}
