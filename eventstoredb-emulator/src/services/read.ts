import { setImmediate } from 'node:timers/promises';
import type { Journal } from '@order-flow/event-store/journal';
import type { AccessCheck } from '../access.js';
import type { OpenCalls } from '../open-calls.js';
import { asCallFailure, invalidArgument } from '../protocol/failure.js';
import { eventResponse, streamNotFoundResponse } from '../protocol/responses.js';
import type { ReadCall } from './reader.js';
import { Reader } from './reader.js';
import type { ReadSource } from './read-source.js';
import { isAbsent, readSource } from './read-source.js';
import { subscribe } from './subscribe.js';

/** Reads and subscriptions, of one stream or of everything. */
export function readService(journal: Journal, check: AccessCheck, open: OpenCalls) {
  return (call: ReadCall): void => {
    const reader = new Reader(call);
    const serve = async (): Promise<void> => {
      check(call);
      const options = call.request.getOptions();
      if (!options) throw invalidArgument('a read needs options');
      const source = readSource(journal, options);
      const structuredIds = !(options.getUuidOption()?.hasString() ?? false);
      if (!options.hasSubscription()) {
        await read(journal, source, reader, { limit: Number(options.getCount()), structuredIds });
        call.end();
        return;
      }
      const closed = open.add(call, async () => reader.leave());
      await subscribe(journal, source, reader, structuredIds).finally(closed);
    };
    serve().catch((error: unknown) => {
      const stream = call.request.getOptions()?.getStream()?.getStreamIdentifier()?.getStreamName_asU8() ?? [];
      if (!reader.signal.aborted) call.emit('error', asCallFailure(Buffer.from(stream).toString('utf8'), error));
    });
  };
}

interface ReadLimits {
  readonly limit: number;
  readonly structuredIds: boolean;
}

async function read(journal: Journal, source: ReadSource, reader: Reader, limits: ReadLimits): Promise<void> {
  if (isAbsent(journal, source)) {
    await reader.send(streamNotFoundResponse(source.stream ?? ''));
    return;
  }
  let left = limits.limit;
  for (let from = source.from; left > 0;) {
    const page = source.page(from);
    for (const event of page.events) {
      if (!source.matches(event)) continue;
      if (!(await reader.send(eventResponse(event, limits.structuredIds)))) return;
      left -= 1;
      if (left === 0) return;
    }
    if (page.end) return;
    from = page.next;
    await setImmediate();
  }
}
