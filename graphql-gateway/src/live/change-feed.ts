import type { ReadModelDocument } from '@order-flow/contracts';
import { BoundedMap } from '@order-flow/service-kit';
import { liveError } from '../schema/graphql-errors.js';
import { LiveStream } from './live-stream.js';

const MAX_WAITING = 500;
const MAX_REMEMBERED = 1_000;

/** Which changes of a read model a subscriber wants. */
export interface FeedInterest<T> {
  /** Whether changes of this id are worth a read. */
  readonly wants: (id: string) => boolean;
  readonly accepts: (document: T) => boolean;
  /** What must differ from the state delivered last; by default any new revision counts. */
  readonly aspect?: (document: T) => string;
  /** Looks for changes whose hints were lost. @param delivered ids delivered lately */
  readonly recheck: (delivered: readonly string[]) => Promise<readonly T[]>;
}

interface Delivered {
  readonly revision: number;
  readonly aspect: string | undefined;
}

/**
 * The changes of many documents, the latest state of each. At most 500 documents wait for a slow subscriber; beyond that
 * the stream ends with SUBSCRIBER_TOO_SLOW instead of losing any silently.
 */
export class ChangeFeed<T extends ReadModelDocument> extends LiveStream<T> {
  readonly #waiting = new Map<string, T>();
  readonly #delivered = new BoundedMap<string, Delivered>(MAX_REMEMBERED);

  constructor(readonly interest: FeedInterest<T>) {
    super();
  }

  get delivered(): readonly string[] {
    return [...this.#delivered.keys()];
  }

  offer(document: T): void {
    const { _id: id, revision } = document;
    if ((this.#waiting.get(id)?.revision ?? -1) >= revision) return;
    this.#waiting.delete(id);
    if (!this.interest.accepts(document) || !this.#isNews(document)) return;
    this.#waiting.set(id, document);
    if (this.#waiting.size > MAX_WAITING)
      this.fail(liveError('SUBSCRIBER_TOO_SLOW', 'changes come faster than they are read; subscribe again'));
    else this.raise();
  }

  protected take(): T | undefined {
    const [document] = this.#waiting.values();
    if (!document) return undefined;
    this.#waiting.delete(document._id);
    this.#remember(document);
    return document;
  }

  #isNews(document: T): boolean {
    const last = this.#delivered.get(document._id);
    if (!last) return true;
    if (document.revision <= last.revision) return false;
    return last.aspect === undefined || last.aspect !== this.interest.aspect?.(document);
  }

  #remember(document: T): void {
    this.#delivered.set(document._id, { revision: document.revision, aspect: this.interest.aspect?.(document) });
  }
}
