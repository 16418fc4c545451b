import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Appended } from '@order-flow/event-store';
import type { Journal } from '@order-flow/event-store/journal';
import type { AccessCheck } from '../access.js';
import type { OpenCalls } from '../open-calls.js';
import { batchFailure, batchResponse, batchTimeout } from '../protocol/batch-responses.js';
import { batchExpectedRevision } from '../protocol/expectation.js';
import { asCallFailure, invalidArgument } from '../protocol/failure.js';
import type { Shared, StatusMessage, Streams } from '../protocol/generated.js';
import { Proposal } from '../protocol/proposal.js';
import { streamName, uuidText } from '../protocol/text.js';
import { appendEvents } from './append-events.js';

type BatchCall = ServerDuplexStream<Streams.BatchAppendReq, Streams.BatchAppendResp>;

/** An append whose events are coming in. */
interface Pending {
  readonly correlation: Shared.UUID | undefined;
  readonly options: Streams.BatchAppendReq.Options;
  readonly stream: string;
  readonly proposal: Proposal;
}

/**
 * Many appends over one stream, told apart by their correlation ids. Each gets exactly one answer, when it is on disk: the
 * client fails at a second one. Those that arrive together are committed together.
 */
export function batchAppendService(journal: Journal, check: AccessCheck, open: OpenCalls) {
  return (call: BatchCall): void => {
    try {
      check(call);
    } catch (error) {
      call.emit('error', asCallFailure('', error));
      return;
    }
    const pending = new Map<string, Pending>();
    const answered = new Set<Promise<void>>();
    let failed = false;
    const closed = open.add(call, async () => {
      await Promise.all(answered);
    });

    const answer = (to: Pending, outcome: Appended | StatusMessage): void => {
      if (!failed && !call.cancelled) call.write(batchResponse(to.correlation, to.stream, outcome));
    };
    const commit = async (append: Pending): Promise<void> => {
      const { stream, proposal, options } = append;
      const outcome = await appendEvents(journal, stream, proposal.events, batchExpectedRevision(options)).catch(
        (error: unknown) => batchFailure(stream, error),
      );
      answer(append, outcome);
    };
    const take = (request: Streams.BatchAppendReq): void => {
      const id = uuidText(request.getCorrelationId());
      if (id === undefined) throw invalidArgument('a correlation id is not a UUID');
      const begun = begin(request);
      if (begun) pending.set(id, begun);
      const append = pending.get(id);
      // Without one, it has been answered before its last events came.
      if (!append) return;
      const refusal = accept(append, request);
      if (refusal || request.getIsFinal()) pending.delete(id);
      if (refusal) answer(append, refusal);
      else if (request.getIsFinal()) track(commit(append));
    };
    const track = (work: Promise<void>): void => {
      answered.add(work);
      void work.finally(() => answered.delete(work));
    };
    call.on('data', (request: Streams.BatchAppendReq) => {
      try {
        take(request);
      } catch (error) {
        fail(error);
      }
    });
    const fail = (error: unknown): void => {
      if (failed) return;
      failed = true;
      closed();
      call.emit('error', asCallFailure('', error));
    };
    call.on('error', () => (failed = true));
    call.on('cancelled', closed);
    call.on('end', () => void Promise.all(answered).then(() => (closed(), call.end())));
  };
}

function begin(request: Streams.BatchAppendReq): Pending | undefined {
  const options = request.getOptions();
  if (!options) return undefined;
  const stream = streamName(options.getStreamIdentifier());
  if (stream === undefined) throw invalidArgument('an append needs the name of a stream');
  return { correlation: request.getCorrelationId(), options, stream, proposal: new Proposal() };
}

/** Takes in the events of one request. Answers why the append is refused, if it is. */
function accept({ options, stream, proposal }: Pending, request: Streams.BatchAppendReq): StatusMessage | undefined {
  const deadline = options.getDeadline();
  if (deadline && deadline.toDate().getTime() <= Date.now()) return batchTimeout();
  try {
    for (const message of request.getProposedMessagesList()) proposal.add(message);
    return undefined;
  } catch (error) {
    return batchFailure(stream, error);
  }
}
