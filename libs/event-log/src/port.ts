import type { TopicSettings } from '@order-flow/contracts';

export type TopicName = string;
export type GroupName = string;

export interface TopicPartition {
  readonly topic: TopicName;
  readonly partition: number;
}

/** `offset` is the next one to read, as in Kafka's committed offsets. */
export interface Offset extends TopicPartition {
  readonly offset: number;
}

export type Headers = Readonly<Record<string, string>>;

export interface NewRecord {
  readonly topic: TopicName;
  /** Default: murmur2 of the key modulo the partition count, as Kafka does; keyless records go to partition 0. */
  readonly partition?: number;
  readonly key: string | null;
  /** null is a tombstone on a compacted topic. */
  readonly value: Buffer | null;
  readonly headers?: Headers;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

export interface LogRecord extends TopicPartition {
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: Headers;
  readonly timestamp: number;
  /** Where several consumers are given the same record: what one of them made of the value, for the others. */
  decoded?: unknown;
}

/** Records of one partition in offset order. */
export interface RecordBatch extends TopicPartition {
  readonly records: readonly LogRecord[];
  /** The position after this batch: past control records and compacted ones too, so lag can reach 0. */
  readonly nextOffset: number;
  /** The partition's end (last stable offset) when the batch was read. */
  readonly endOffset: number;
}

export interface ConsumedOffsets {
  readonly group: GroupName;
  readonly offsets: readonly Offset[];
}

export interface Committed {
  /** Partition and offset of each record, in the order given. */
  readonly offsets: readonly Offset[];
}

export interface LogWriter {
  /**
   * One transaction: records and consumed offsets become visible together or not at all, durable when it resolves. (On Kafka
   * readers see it some milliseconds later, partition by partition; whoever opens the next writer of the id sees all of it.)
   * Commits of one writer are awaited one by one, unless `decided` says otherwise. After any rejection the writer is spent:
   * its outcome is unknown; open a new one (which fences it) and read the committed offsets.
   * @param decided is told, before `commit` returns, where the records will stand, if the next commit may begin at once:
   * it becomes durable after this one, and fails with it
   * @throws LogError FENCED, UNKNOWN_TOPIC, RECORD_TOO_LARGE, LOST_AHEAD, LOG_UNAVAILABLE
   */
  commit(
    batch: { readonly records: readonly NewRecord[]; readonly consumed?: ConsumedOffsets },
    decided?: (committed: Committed) => void,
  ): Promise<Committed>;
  close(): Promise<void>;
}

/** What a reader of several topics has room for. Asked anew for each batch. */
export interface Demand {
  /** Whether more of the topic is wanted now; what is not wanted stays in the log. */
  wants(topic: TopicName): boolean;
  /** Whether it is waited for, and so comes before all that is merely wanted. Known to be there. */
  lacks(topic: TopicName): boolean;
  /** Calls the listener when something may be wanted that was not, until the returned function is called. */
  watch(listener: () => void): () => void;
}

/** What one member owns for a while. Slice p = partition p of all the group's topics. */
export interface OwnershipEpoch {
  readonly slices: readonly number[];
  /**
   * Endless batches of the owned slices from where their owner says: call it after fencing and restoring. Partitions not
   * named are not read. Back-pressure by not pulling; within a slice batches of different partitions are interleaved, each
   * in its turn unless `demand` says otherwise. Ends with the epoch, or earlier by `signal`.
   * @param writer commits all that comes of the records, and nothing else has an effect before. With it, they may come
   * before they are durable: what it commits becomes durable after them. Should they not become so, reading ends with
   * LogError LOST_AHEAD, and the writer's next commit fails.
   */
  read(from: readonly Offset[], signal?: AbortSignal, demand?: Demand, writer?: LogWriter): AsyncIterable<RecordBatch>;
  /**
   * Asks the group anew, after the call: true when it still counts these slices as this member's, false once the epoch has
   * ended. Waits while the group cannot be asked. Before a failed owner fences whoever writes in its place, it asks.
   */
  confirm(): Promise<boolean>;
  /** Aborted before the next epoch is handed out. */
  readonly signal: AbortSignal;
}

export interface PartitionInfo {
  readonly partition: number;
  /** First offset that still exists. */
  readonly begin: number;
  /** One past the last visible record (last stable offset). */
  readonly end: number;
  /** Approximate bytes of keys, values and headers. */
  readonly bytes: number;
}

export interface TopicInfo extends TopicSettings {
  readonly partitionCount: number;
}

export interface GroupInfo {
  readonly group: GroupName;
  readonly members: readonly { readonly id: string; readonly slices: readonly number[] }[];
  readonly offsets: readonly Offset[];
}

export interface LogAdmin {
  /**
   * Creates what is missing and checks what is there. Idempotent.
   * @throws LogError TOPIC_MISMATCH when an existing topic differs in partitions or cleanup, or keeps less
   */
  ensureTopics(topics: readonly TopicSettings[], defaults: { readonly partitions: number }): Promise<void>;
  topics(): Promise<readonly TopicInfo[]>;
  /** @throws LogError UNKNOWN_TOPIC */
  partitions(topic: TopicName): Promise<readonly PartitionInfo[]>;
  /** Per partition the first offset whose record has a timestamp >= `timestamp`; the end when there is none. */
  offsetsForTime(topic: TopicName, timestamp: number): Promise<readonly Offset[]>;
  groups(): Promise<readonly GroupName[]>;
  group(group: GroupName): Promise<GroupInfo>;
  /** Committed offsets; partitions never committed are absent. */
  committed(group: GroupName): Promise<readonly Offset[]>;
  /** Commits without a transaction, for at-least-once consumers. */
  commitOffsets(consumed: ConsumedOffsets): Promise<void>;
  /** Deletes records below the offset. */
  deleteRecords(before: readonly Offset[]): Promise<void>;
  /** Applies retention and compaction now; an embedded log also does so by itself in the background. */
  clean(): Promise<void>;
}

export interface EventLog {
  /** UUID of this log, made once. */
  identity(): Promise<string>;
  /** Resolves when every older writer of the same id can no longer commit. */
  openWriter(transactionalId: string): Promise<LogWriter>;
  /**
   * Alone, without a group: rebuilds, the browser, verifiers, restores. Batches in offset order per partition,
   * read-committed; back-pressure by not pulling. Without `follow` it ends at the end offsets seen at the start.
   * Ends normally by `signal`.
   * @throws LogError OFFSET_OUT_OF_RANGE when a start lies below the begin or beyond the end; UNKNOWN_TOPIC
   */
  read(
    from: readonly Offset[],
    options: { readonly follow: boolean; readonly signal: AbortSignal; readonly maxRecords?: number },
  ): AsyncIterable<RecordBatch>;
  /**
   * Group membership. Each epoch says which slices are owned from now on; the former epoch's signal is aborted first.
   * Ends (leaving the group) by `signal`. All topics must have the same partition count.
   * @throws LogError NOT_COPARTITIONED, UNKNOWN_TOPIC
   */
  join(group: GroupName, topics: readonly TopicName[], signal: AbortSignal): AsyncIterable<OwnershipEpoch>;
  readonly admin: LogAdmin;
  close(): Promise<void>;
}

export class LogError extends Error {
  constructor(
    readonly code:
      | 'FENCED'
      | 'UNKNOWN_TOPIC'
      | 'TOPIC_MISMATCH'
      | 'NOT_COPARTITIONED'
      | 'OFFSET_OUT_OF_RANGE'
      | 'RECORD_TOO_LARGE'
      | 'LOG_UNAVAILABLE'
      | 'LOG_REFUSED'
      | 'LOST_AHEAD'
      | 'LOG_CORRUPT'
      | 'WRITER_SPENT',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'LogError';
  }
}
