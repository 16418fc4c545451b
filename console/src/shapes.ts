/*
 * What the API answers, as JSON. The page is compiled against the same declarations, so this file imports nothing.
 */

export type TopicKind = 'events' | 'commands' | 'dead-letters' | 'internal';

export interface TopicSummary {
  readonly name: string;
  readonly kind: TopicKind;
  /** What the key is, for people. */
  readonly key: string;
  readonly cleanup: 'delete' | 'compact';
  /** Milliseconds; -1 keeps for ever. */
  readonly retentionMs: number;
  readonly partitions: number;
  /** Offsets between begin and end of all partitions. A compacted topic may hold fewer records than this. */
  readonly records: number;
  /** Approximate bytes of keys, values and headers. */
  readonly bytes: number;
}

export interface PartitionSummary {
  readonly partition: number;
  readonly begin: number;
  readonly end: number;
  readonly bytes: number;
}

export interface TopicDetail extends Omit<TopicSummary, 'partitions'> {
  readonly partitions: readonly PartitionSummary[];
}

/** A record's value as far as it can be shown. `text` is the beginning only when `truncated`. */
export type MessageValue =
  | { readonly format: 'none'; readonly bytes: 0; readonly truncated: false }
  | { readonly format: 'json'; readonly json: unknown; readonly bytes: number; readonly truncated: false }
  | { readonly format: 'text' | 'base64'; readonly text: string; readonly bytes: number; readonly truncated: boolean };

export interface Message {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: MessageValue;
}

export interface MessagePage {
  readonly messages: readonly Message[];
  /** Offsets that were looked through for this page. */
  readonly scanned: number;
  /** Pass as `before` for older messages; null when there are none. A page may be empty and still have a cursor. */
  readonly before: string | null;
  /** Of a page read by partition and offset: the next offset, null at the end. */
  readonly nextOffset: number | null;
}

/** One server-sent event of a live tail. */
export interface TailUpdate {
  readonly messages: readonly Message[];
  /** Messages left out so far because they came faster than they could be sent. */
  readonly dropped: number;
}

export interface TimelineRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** Milliseconds after the first record. */
  readonly sinceStart: number;
  /** The event's type; null when the record is no event. */
  readonly type: string | null;
  readonly id: string | null;
  readonly source: string | null;
  readonly causationId: string | null;
  readonly correlationId: string | null;
  readonly data: unknown;
  /** Of a dead letter: what went wrong. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface OrderTimeline {
  readonly orderId: string;
  readonly records: readonly TimelineRecord[];
  /** Offsets that were looked through. */
  readonly scanned: number;
  /** Whether everything was looked through that can hold a record of the order. */
  readonly complete: boolean;
  /** Pass as `before` to look further back for an order whose beginning was not reached; null otherwise. */
  readonly before: number | null;
}

export interface Me {
  readonly subject: string;
  readonly role: 'customer' | 'operator' | 'service';
}
