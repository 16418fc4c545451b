import { afterEach, beforeEach } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { EventStore, Filter, NewEvent, Position, SubscriptionMessage } from '../port.js';

/** What a backend can be held to beyond the port's own words. */
export interface EventStoreFeatures {
  /** A store opened by a test begins empty and nobody else writes to it. */
  readonly exclusive: boolean;
  /** With a filter, catching up tells a checkpoint at the latest after passing over this many events. */
  readonly checkpointAfterSkipping: number;
  /** Bytes of JSON in one append that are too many. */
  readonly tooManyBytes: number;
}

export interface OpenedEventStore {
  readonly store: EventStore;
  /** A further connection to the same data; closed by the test. */
  readonly reopen?: () => Promise<EventStore>;
  /** Closes the store and removes what the test made. */
  readonly close: () => Promise<void>;
}

export interface EventStoreBackend {
  readonly open: () => Promise<OpenedEventStore>;
  readonly features: EventStoreFeatures;
}

/** The store of the present test and a category of streams that is this test's own, since a server's data are shared. */
export interface StoreUnderTest {
  readonly store: EventStore;
  readonly features: EventStoreFeatures;
  readonly reopen: (() => Promise<EventStore>) | undefined;
  /** A stream of the test's category. */
  stream(name?: string): string;
  /** The test's own streams. */
  readonly mine: Filter;
}

const TIME_LIMIT_MS = 20_000;

/** Opens a store before each test of the present block and closes it afterwards. */
export function storeForEachTest({ open, features }: EventStoreBackend): StoreUnderTest {
  let opened: OpenedEventStore | undefined;
  let category = '';
  beforeEach(async () => {
    category = `t${randomUUID().replaceAll('-', '')}`;
    opened = await open();
  });
  afterEach(async () => {
    await opened?.close();
    opened = undefined;
  });
  const present = (): OpenedEventStore => {
    if (!opened) throw new Error('no store is open outside a test');
    return opened;
  };
  return {
    features,
    get store() {
      return present().store;
    },
    get reopen() {
      return present().reopen;
    },
    get mine() {
      return { streamPrefixes: [`${category}-`] };
    },
    stream: (name = randomUUID()) => `${category}-${name}`,
  };
}

export function newEvent(data: unknown = {}, type = 'SomethingHappened'): NewEvent {
  const id = randomUUID();
  return { id, type, data, metadata: { $correlationId: id, $causationId: id } };
}

export function newEvents(count: number): NewEvent[] {
  return Array.from({ length: count }, (_, index) => newEvent({ index }));
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

export interface Followed {
  readonly after?: Position;
  readonly filter?: Filter;
}

/**
 * Messages of a subscription until, and with, the one that `enough` accepts. When that does not come in time the subscription
 * is ended, and what came is the answer.
 */
export async function follow(
  store: EventStore,
  from: Followed,
  enough: (message: SubscriptionMessage) => boolean,
): Promise<SubscriptionMessage[]> {
  const end = new AbortController();
  const signal = AbortSignal.any([end.signal, AbortSignal.timeout(TIME_LIMIT_MS)]);
  const messages: SubscriptionMessage[] = [];
  for await (const message of store.subscribeAll({ ...from, signal })) {
    messages.push(message);
    if (enough(message)) end.abort();
  }
  return messages;
}

/** Ids of the events among a subscription's messages. */
export function eventIds(messages: readonly SubscriptionMessage[]): string[] {
  return messages.flatMap((message) => (message.kind === 'event' ? [message.event.id] : []));
}

export function ids(events: readonly { readonly id: string }[]): string[] {
  return events.map(({ id }) => id);
}
