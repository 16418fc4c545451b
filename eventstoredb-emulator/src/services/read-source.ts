import type { RecordedEvent } from '@order-flow/event-store';
import type { Journal, JournalPage } from '@order-flow/event-store/journal';
import type { EventFilter } from '../protocol/event-filter.js';
import { eventFilter } from '../protocol/event-filter.js';
import { invalidArgument, streamDeleted } from '../protocol/failure.js';
import type { Streams } from '../protocol/generated.js';
import { streamName } from '../protocol/text.js';

type Options = Streams.ReadReq.Options;

/** What a read or a subscription reads, page by page. */
export interface ReadSource {
  /** The stream, or undefined for everything. */
  readonly stream: string | undefined;
  readonly filter: EventFilter | undefined;
  /** Where to begin, inclusive. */
  readonly from: number;
  page(from: number): JournalPage;
  matches(event: RecordedEvent): boolean;
}

const BACKWARDS: number = 1;

/** @throws CallFailure for a stream that is deleted for ever, or a request that does not say what to read */
export function readSource(journal: Journal, options: Options): ReadSource {
  const of = options.getStream();
  if (!of) return everything(journal, options);
  const stream = streamName(of.getStreamIdentifier());
  if (stream === undefined) throw invalidArgument('a read needs the name of a stream');
  if (journal.stateOf(stream).is === 'tombstoned') throw streamDeleted(stream);
  const step = stepOf(options);
  const from = options.hasSubscription() ? afterRevision(journal, stream, of) : fromRevision(of, journal, stream, step);
  return { stream, filter: undefined, from, page: (at) => journal.streamPage(stream, at, step), matches: () => true };
}

/** True for a stream that a reader is told not to be there. */
export function isAbsent(journal: Journal, { stream }: ReadSource): boolean {
  return stream !== undefined && ['missing', 'deleted'].includes(journal.stateOf(stream).is);
}

function everything(journal: Journal, options: Options): ReadSource {
  const all = options.getAll();
  if (!all) throw invalidArgument('a read needs a stream or everything');
  const step = stepOf(options);
  const asked = options.getFilter();
  const filter = asked && eventFilter(asked);
  const live = options.hasSubscription();
  const last = journal.lastSequence();
  const position = wholeNumber(all.getPosition()?.getCommitPosition());
  const end = (): number => (step === 1 ? (live ? journal.lastSequence() : last) : 1);
  return {
    stream: undefined,
    filter,
    from: startOfAll(all, { last, position, step, live }),
    page: (from) => journal.page({ from, to: end(), step }, filter?.streamPrefixes),
    matches: filter?.matches ?? (() => true),
  };
}

interface Whereabouts {
  readonly last: number;
  readonly position: number;
  readonly step: 1 | -1;
  readonly live: boolean;
}

/** A read includes the position it is given, except backwards; a subscription begins after it. */
function startOfAll(all: Streams.ReadReq.Options.AllOptions, { last, position, step, live }: Whereabouts): number {
  if (all.hasStart()) return step === 1 ? 1 : 0;
  if (all.hasEnd()) return step === 1 ? last + 1 : last;
  if (live) return position + 1;
  return step === 1 ? Math.max(1, position) : Math.min(position - 1, last);
}

function fromRevision(
  of: Streams.ReadReq.Options.StreamOptions,
  journal: Journal,
  stream: string,
  step: 1 | -1,
): number {
  if (of.hasStart()) return 0;
  if (!of.hasEnd()) return wholeNumber(of.getRevision());
  const { next } = journal.stateOf(stream);
  return step === 1 ? next : Math.max(0, next - 1);
}

function afterRevision(journal: Journal, stream: string, of: Streams.ReadReq.Options.StreamOptions): number {
  if (of.hasStart()) return 0;
  return of.hasEnd() ? journal.stateOf(stream).next : wholeNumber(of.getRevision()) + 1;
}

function stepOf(options: Options): 1 | -1 {
  const direction: number = options.getReadDirection();
  return direction === BACKWARDS ? -1 : 1;
}

/** Positions and revisions beyond 2^53 lie behind every end. */
function wholeNumber(text: string | undefined): number {
  return Math.min(Number(text ?? 0), Number.MAX_SAFE_INTEGER - 1);
}
