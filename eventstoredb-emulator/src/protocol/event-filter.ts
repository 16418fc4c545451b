import type { RecordedEvent } from '@order-flow/event-store';
import { invalidArgument } from './failure.js';
import type { Streams } from './generated.js';

/** What a reader of everything wants to see of it. */
export interface EventFilter {
  readonly matches: (event: RecordedEvent) => boolean;
  /** When all that matches is in streams of these prefixes. */
  readonly streamPrefixes: readonly string[] | undefined;
  /** A checkpoint is due after this many events, matching or not. */
  readonly checkpointEvery: number;
}

/** What EventStoreDB looks at in one go when the client does not say. */
const SEARCH_WINDOW = 32;

/** @throws CallFailure for an expression that is no regular expression */
export function eventFilter(options: Streams.ReadReq.Options.FilterOptions): EventFilter {
  const onStream = options.hasStreamIdentifier();
  const expression = onStream ? options.getStreamIdentifier() : options.getEventType();
  if (!expression) throw invalidArgument('a filter needs an expression on the stream or the event type');
  const subject = (event: RecordedEvent): string => (onStream ? event.stream : event.type);
  const window = options.hasMax() ? options.getMax() : SEARCH_WINDOW;
  const checkpointEvery = Math.max(1, window * Math.max(1, options.getCheckpointintervalmultiplier()));
  const regex = expression.getRegex();
  if (regex !== '') {
    const wanted = regularExpression(regex);
    return { matches: (event) => wanted.test(subject(event)), streamPrefixes: undefined, checkpointEvery };
  }
  const prefixes = expression.getPrefixList();
  const matches = (event: RecordedEvent): boolean => prefixes.some((prefix) => subject(event).startsWith(prefix));
  return { matches, streamPrefixes: onStream ? prefixes : undefined, checkpointEvery };
}

function regularExpression(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch {
    return compatible(text);
  }
}

/** Without the strictness of `u` about needless escapes, which other dialects allow. */
function compatible(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw invalidArgument(String(error));
  }
}
