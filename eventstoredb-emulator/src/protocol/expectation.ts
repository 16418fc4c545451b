import type { ExpectedRevision } from '@order-flow/event-store';

/** The part that Append, Delete and Tombstone ask for in the same words. */
interface ExpectationOptions {
  hasRevision(): boolean;
  getRevision(): string;
  hasNoStream(): boolean;
  hasStreamExists(): boolean;
}

export function expectedRevision(options: ExpectationOptions): ExpectedRevision {
  if (options.hasRevision()) return revisionOf(options.getRevision());
  return named(options);
}

/** A batch append says "stream position" for revision. */
export function batchExpectedRevision(
  options: Omit<ExpectationOptions, 'hasRevision' | 'getRevision'> & {
    hasStreamPosition(): boolean;
    getStreamPosition(): string;
  },
): ExpectedRevision {
  if (options.hasStreamPosition()) return revisionOf(options.getStreamPosition());
  return named(options);
}

function named(options: Pick<ExpectationOptions, 'hasNoStream' | 'hasStreamExists'>): ExpectedRevision {
  if (options.hasNoStream()) return 'no-stream';
  return options.hasStreamExists() ? 'exists' : 'any';
}

/** Beyond 2^53 there is no revision, so the nearest number meets the same refusal. */
function revisionOf(text: string): number {
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}
