import type { EventLog, LogRecord, Offset, PartitionInfo } from '@order-flow/event-log';
import type { Positions } from '../domain/cursor.js';
import { presentMessage } from '../domain/message.js';
import type { TailUpdate } from '../shapes.js';

/** Messages kept for a reader who is behind; older ones are dropped and counted. */
const BUFFERED = 200;
/** Bytes of a value in a tail; the whole is read by its offset. */
const VALUE_LIMIT = 8 * 1024;

/** A record that keeps nothing of the batch it came in. */
function detached(record: LogRecord): LogRecord {
  const { value } = record;
  // One byte above the limit is enough for the presentation to say that it was cut.
  return value ? { ...record, value: Buffer.from(value.subarray(0, VALUE_LIMIT + 1)) } : record;
}

const present = (record: LogRecord, bytes: number) => {
  const message = presentMessage(record, VALUE_LIMIT);
  return message.value.truncated ? { ...message, value: { ...message.value, bytes } } : message;
};

/** What has come since it was last taken, at most `BUFFERED` messages. */
export class TailBuffer {
  #held: { record: LogRecord; bytes: number }[] = [];
  readonly #positions: Map<number, number>;
  #dropped: number;
  #reported = 0;

  /** @param dropped messages that are gone already */
  constructor(from: readonly Offset[], dropped: number) {
    this.#positions = new Map(from.map(({ partition, offset }) => [partition, offset]));
    this.#dropped = dropped;
  }

  /** Per partition, the offset after the last one that was read. */
  get positions(): Positions {
    return this.#positions;
  }

  /** @param wanted leaves others out, which are read none the less */
  push(read: readonly LogRecord[], wanted: (record: LogRecord) => boolean = () => true): void {
    for (const { partition, offset } of read) this.#positions.set(partition, offset + 1);
    const records = read.filter(wanted);
    const newest = records.slice(-BUFFERED);
    this.#held.push(...newest.map((record) => ({ record: detached(record), bytes: record.value?.length ?? 0 })));
    const excess = Math.max(0, this.#held.length - BUFFERED);
    this.#held.splice(0, excess);
    this.#dropped += records.length - newest.length + excess;
  }

  /** Undefined when there is nothing new. */
  take(): TailUpdate | undefined {
    if (this.#held.length === 0 && this.#reported === this.#dropped) return undefined;
    const messages = this.#held.map(({ record, bytes }) => present(record, bytes));
    this.#held = [];
    this.#reported = this.#dropped;
    return { messages, dropped: this.#dropped };
  }
}

/** Where a tail begins, and how many messages after its last position are gone. */
export interface TailStart {
  readonly from: readonly Offset[];
  readonly dropped: number;
}

/** At the end of the partitions; or where a tail that was cut off had come to, as far as the topic has that still. */
export function tailStart(topic: string, partitions: readonly PartitionInfo[], last: Positions = new Map()): TailStart {
  const starts = partitions.map(({ partition, begin, end }) => {
    const wanted = Math.min(last.get(partition) ?? end, end);
    return { topic, partition, offset: Math.max(wanted, begin), dropped: Math.max(0, begin - wanted) };
  });
  return { from: starts, dropped: starts.reduce((sum, { dropped }) => sum + dropped, 0) };
}

/** Fills the buffer with what arrives after the given offsets, until the signal. @throws LogError */
export async function fillTail(
  log: EventLog,
  { from, key }: { readonly from: readonly Offset[]; readonly key?: string | undefined },
  buffer: TailBuffer,
  signal: AbortSignal,
): Promise<void> {
  for await (const { records } of log.read(from, { follow: true, signal })) {
    buffer.push(records, (record) => key === undefined || record.key === key);
  }
}
