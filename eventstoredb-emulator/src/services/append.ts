import type { sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';
import type { Appended, ExpectedRevision } from '@order-flow/event-store';
import { EventStoreError } from '@order-flow/event-store';
import type { Journal } from '@order-flow/event-store/journal';
import type { AccessCheck } from '../access.js';
import { expectedRevision } from '../protocol/expectation.js';
import { asCallFailure, invalidArgument } from '../protocol/failure.js';
import type { Streams } from '../protocol/generated.js';
import { AppendResp, SharedEmpty } from '../protocol/generated.js';
import { Proposal } from '../protocol/proposal.js';
import { positionText } from '../protocol/responses.js';
import { streamName } from '../protocol/text.js';
import { appendEvents } from './append-events.js';

type AppendCall = ServerReadableStream<Streams.AppendReq, Streams.AppendResp>;

/** One append a call: the options, then its events. A wrong expected revision is an answer, everything else fails the call. */
export function appendService(journal: Journal, check: AccessCheck) {
  return (call: AppendCall, answer: sendUnaryData<Streams.AppendResp>): void => {
    let stream = '';
    append(call)
      .then((response) => answer(null, response))
      .catch((error: unknown) => answer(asCallFailure(stream, error)));

    async function append(requests: AppendCall): Promise<Streams.AppendResp> {
      check(requests);
      const proposal = new Proposal();
      let options: Streams.AppendReq.Options | undefined;
      for await (const request of requests as AsyncIterable<Streams.AppendReq>) {
        options ??= request.getOptions();
        const message = request.getProposedMessage();
        if (message) proposal.add(message);
      }
      stream = streamName(options?.getStreamIdentifier()) ?? '';
      if (!options || stream === '') throw invalidArgument('an append needs the name of a stream');
      const expected = expectedRevision(options);
      return appendEvents(journal, stream, proposal.events, expected).then(success, refusal);
    }
  };
}

function success(appended: Appended): Streams.AppendResp {
  const result = new AppendResp.Success();
  if (appended.revision < 0) result.setNoStream(new SharedEmpty()).setNoPosition(new SharedEmpty());
  else {
    const text = positionText(appended);
    const position = new AppendResp.Position().setCommitPosition(text).setPreparePosition(text);
    result.setCurrentRevision(String(appended.revision)).setPosition(position);
  }
  return new AppendResp().setSuccess(result);
}

function refusal(error: unknown): Streams.AppendResp {
  if (!(error instanceof EventStoreError && error.conflict)) throw error;
  const { actual, expected } = error.conflict;
  const conflict = new AppendResp.WrongExpectedVersion();
  if (actual === 'no-stream') conflict.setCurrentNoStream(new SharedEmpty());
  else conflict.setCurrentRevision(String(actual));
  setExpected(conflict, expected);
  return new AppendResp().setWrongExpectedVersion(conflict);
}

function setExpected(conflict: Streams.AppendResp.WrongExpectedVersion, expected: ExpectedRevision): void {
  if (expected === 'any') conflict.setExpectedAny(new SharedEmpty());
  else if (expected === 'no-stream') conflict.setExpectedNoStream(new SharedEmpty());
  else if (expected === 'exists') conflict.setExpectedStreamExists(new SharedEmpty());
  else conflict.setExpectedRevision(String(expected));
}
