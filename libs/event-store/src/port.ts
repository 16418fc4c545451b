/** `<category>-<id>`, e.g. `order-4f0c…`. The category is the part before the first hyphen. */
export type StreamName = string;

/** Opaque to all but its adapter, ordered as text, safe in JSON. */
export type Position = string & { readonly __brand: 'Position' };

/** What an event's metadata always says; adapters keep further string fields as they are. */
export interface EventMetadata {
  readonly $correlationId: string;
  readonly $causationId: string;
  readonly [name: string]: unknown;
}

export interface NewEvent {
  /** UUID; idempotency is judged by it. */
  readonly id: string;
  readonly type: string;
  /** JSON. */
  readonly data: unknown;
  readonly metadata: EventMetadata;
}

export interface RecordedEvent extends NewEvent {
  readonly stream: StreamName;
  /** 0 for the first event of a stream. */
  readonly revision: number;
  readonly position: Position;
  /** When it was recorded: milliseconds since the epoch. */
  readonly created: number;
}

/** `any` asks nothing; `exists` and `no-stream` ask what they say; a number is the revision of the last event. */
export type ExpectedRevision = number | 'no-stream' | 'exists' | 'any';

export interface Appended {
  /** Revision of the last event of this append (or of the stream, when no events were given). */
  readonly revision: number;
  readonly position: Position;
  /** True when these very events are known to have been there already. */
  readonly idempotent: boolean;
}

export interface StreamMetadata {
  /** Only this many of the newest events are read. */
  readonly $maxCount?: number;
  /** Only events younger than this many seconds are read. */
  readonly $maxAge?: number;
  /** Events below this revision are not read. */
  readonly $tb?: number;
}

/** Streams whose name has one of these prefixes; an event matches when one does. */
export interface Filter {
  readonly streamPrefixes: readonly string[];
}

export interface ReadOptions {
  readonly direction?: 'forwards' | 'backwards';
  /** Inclusive. Default: the first in the direction of reading. */
  readonly from?: number;
  readonly limit?: number;
}

export type SubscriptionMessage =
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  /** Everything up to `position` that matches has been delivered. */
  | { readonly kind: 'checkpoint'; readonly position: Position }
  /** The end of the store was reached; what follows is live. May come again after falling behind. */
  | { readonly kind: 'caught-up' };

export interface EventStore {
  /**
   * All or none, durable when it resolves. The same event ids at the same expected revision are answered as the first
   * time and nothing is written; no further idempotency is promised.
   * @throws EventStoreError WRONG_EXPECTED_REVISION, STREAM_TOMBSTONED, EVENT_TOO_LARGE, STORE_UNAVAILABLE
   */
  append(stream: StreamName, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended>;
  /** A missing or soft-deleted stream is empty. @throws EventStoreError STREAM_TOMBSTONED */
  readStream(stream: StreamName, options?: ReadOptions): AsyncIterable<RecordedEvent>;
  /** Everything in the order of its recording. `after` is exclusive; backwards reads start at the end or before `after`. */
  readAll(options?: {
    readonly after?: Position;
    readonly direction?: 'forwards' | 'backwards';
    readonly filter?: Filter;
    readonly limit?: number;
  }): AsyncIterable<RecordedEvent>;
  /**
   * Endless; ends by `signal` only (normally, without throwing). Control messages come in order with the events, so a
   * checkpoint never runs ahead of what was handled. Back-pressure by not pulling.
   */
  subscribeAll(options: {
    readonly after?: Position;
    readonly filter?: Filter;
    readonly signal: AbortSignal;
  }): AsyncIterable<SubscriptionMessage>;
  streamMetadata(stream: StreamName): Promise<StreamMetadata>;
  setStreamMetadata(stream: StreamName, metadata: StreamMetadata): Promise<void>;
  /** Soft delete: reads as empty; a later append continues the revisions. */
  deleteStream(stream: StreamName, expected: ExpectedRevision): Promise<void>;
  /** For ever: every later append and read throws STREAM_TOMBSTONED. */
  tombstoneStream(stream: StreamName, expected: ExpectedRevision): Promise<void>;
  /** The position of the newest event, or undefined in an empty store. */
  lastPosition(): Promise<Position | undefined>;
  /**
   * Resolves when the store answers now and, as far as it knows, takes writes; cheap, and not tried again.
   * @throws EventStoreError STORE_UNAVAILABLE, STORE_REFUSED
   */
  ping(): Promise<void>;
  /** UUID written once to the stream `system-identity`; made by the first call on a new store. */
  identity(): Promise<string>;
  /** Resolves after writes under way are done. */
  close(): Promise<void>;
}

export class EventStoreError extends Error {
  constructor(
    readonly code:
      | 'WRONG_EXPECTED_REVISION'
      | 'STREAM_TOMBSTONED'
      | 'EVENT_TOO_LARGE'
      | 'STORE_UNAVAILABLE'
      /** Credentials or an address that the server, or its client, will never take. */
      | 'STORE_REFUSED'
      | 'STORE_CORRUPT',
    message: string,
    /** For WRONG_EXPECTED_REVISION. `actual` is 'no-stream' or the last revision. */
    readonly conflict?: {
      readonly stream: StreamName;
      readonly expected: ExpectedRevision;
      readonly actual: number | 'no-stream';
    },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'EventStoreError';
  }
}
