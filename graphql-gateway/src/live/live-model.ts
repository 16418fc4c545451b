import type { ReadModelDocument } from '@order-flow/contracts';
import type { ChangeSignal, SignalBus } from '@order-flow/coordination';
import type { Caller, Logger, Running } from '@order-flow/service-kit';
import type { ReadModel } from '../read/read-model.js';
import { liveError } from '../schema/graphql-errors.js';
import { ChangeFeed, type FeedInterest } from './change-feed.js';
import { DocumentStream } from './document-stream.js';
import type { LiveStream } from './live-stream.js';
import { RecentChanges } from './recent-changes.js';
import type { CallerQuota } from './caller-quota.js';

const BATCH = 500;
const MAX_CHANGED = 50_000;
const MAX_STREAMS = 20_000;

/**
 * The live side of one read model. Signals are hints: a stream that follows one document re-reads it when its subscriber
 * asks again; documents that feeds want are read once for all feeds. A coarse re-check finds what lost hints hid, and what
 * changed while a rebuild switched the collection.
 */
export class LiveModel<T extends ReadModelDocument> implements Running {
  readonly #streams = new Map<string, Set<DocumentStream<T>>>();
  readonly #feeds = new Set<ChangeFeed<T>>();
  readonly #changed = new Set<string>();
  readonly #recent = new RecentChanges();
  readonly #unsubscribe: () => void;
  readonly #timer: NodeJS.Timeout;
  #active = 0;
  #delivering: Promise<void> | undefined;
  #rechecking: Promise<void> | undefined;

  /**
   * @param recheckMs how often to look for changes whose signals were lost
   * @param quota of each caller; read models may share it
   */
  constructor(
    readonly model: ReadModel<T>,
    signals: SignalBus,
    private readonly logger: Logger,
    recheckMs: number,
    private readonly quota: CallerQuota,
  ) {
    this.#unsubscribe = signals.subscribe(model.name, (changes) => this.#receive(changes));
    this.#timer = setInterval(() => this.#recheck(), recheckMs).unref();
  }

  /** Streams open now. */
  get active(): number {
    return this.#active;
  }

  /** @throws GraphQLError TOO_MANY_SUBSCRIPTIONS */
  follow(caller: Caller, id: string, afterRevision: number): DocumentStream<T> {
    const stream = this.#opened(caller, new DocumentStream(this.model, id, afterRevision));
    const streams = this.#streams.get(id) ?? new Set();
    this.#streams.set(id, streams.add(stream));
    return stream.onClose(() => {
      streams.delete(stream);
      if (streams.size === 0 && this.#streams.get(id) === streams) this.#streams.delete(id);
    });
  }

  /** @throws GraphQLError TOO_MANY_SUBSCRIPTIONS */
  feed(caller: Caller, interest: FeedInterest<T>): ChangeFeed<T> {
    const feed = this.#opened(caller, new ChangeFeed(interest));
    this.#feeds.add(feed);
    return feed.onClose(() => this.#feeds.delete(feed));
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    clearInterval(this.#timer);
    for (const streams of [...this.#streams.values()]) for (const stream of [...streams]) stream.close();
    for (const feed of [...this.#feeds]) feed.close();
    await Promise.all([this.#delivering, this.#rechecking]);
  }

  #opened<S extends LiveStream<T>>(caller: Caller, stream: S): S {
    if (this.#active >= MAX_STREAMS)
      throw liveError('TOO_MANY_SUBSCRIPTIONS', 'this gateway has as many subscriptions as it can; try again later');
    const giveBack = this.quota.take(caller);
    if (!giveBack) throw this.#exceeded();
    this.#active += 1;
    return stream.onClose(() => {
      this.#active -= 1;
      giveBack();
    });
  }

  #exceeded(): Error {
    const { perCaller: limit } = this.quota;
    const message = `you have ${limit} subscriptions and waiting reads open, the most that one caller may; end some of them first`;
    return liveError('TOO_MANY_SUBSCRIPTIONS', message, { limit });
  }

  #receive(changes: readonly ChangeSignal[]): void {
    for (const { id, revision } of changes) {
      for (const stream of this.#streams.get(id) ?? []) stream.hint(revision);
      if (!this.#isWanted(id)) continue;
      this.#recent.add(id);
      this.#readAgain(id);
    }
  }

  #readAgain(id: string): void {
    if (this.#changed.size < MAX_CHANGED) this.#changed.add(id);
    this.#delivering ??= this.#deliver().finally(() => (this.#delivering = undefined));
  }

  #isWanted(id: string): boolean {
    for (const feed of this.#feeds) if (feed.interest.wants(id)) return true;
    return false;
  }

  /** One read at a time, so that no feed is offered an older state after a newer one. */
  async #deliver(): Promise<void> {
    await Promise.resolve();
    try {
      while (this.#changed.size > 0 && this.#feeds.size > 0) await this.#deliverBatch();
    } catch (error) {
      this.logger.warn({ err: error, model: this.model.name }, 'changed documents were not read; a re-check follows');
    }
    this.#changed.clear();
  }

  async #deliverBatch(): Promise<void> {
    const ids = [...this.#changed].slice(0, BATCH);
    for (const id of ids) this.#changed.delete(id);
    const found = await Promise.all(ids.map((id) => this.model.load(id)));
    for (const document of found.filter((each) => each !== null)) {
      for (const feed of this.#feeds) if (feed.interest.wants(document._id)) feed.offer(document);
    }
  }

  #recheck(): void {
    for (const streams of this.#streams.values()) for (const stream of streams) stream.raise();
    this.#rechecking ??= this.#recheckFeeds().finally(() => (this.#rechecking = undefined));
  }

  async #recheckFeeds(): Promise<void> {
    try {
      for (const id of this.#recent.turn(await this.model.serving())) this.#readAgain(id);
      for (const feed of [...this.#feeds]) await this.#recheckFeed(feed);
    } catch (error) {
      this.logger.warn({ err: error, model: this.model.name }, 'the re-check for lost signals failed');
    }
  }

  async #recheckFeed(feed: ChangeFeed<T>): Promise<void> {
    for (const document of await feed.interest.recheck(feed.delivered)) if (feed.open) feed.offer(document);
  }
}
