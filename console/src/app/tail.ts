import type { EventLog, LogRecord, Offset } from '@order-flow/event-log';
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
  #dropped = 0;
  #reported = 0;

  push(records: readonly LogRecord[]): void {
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

/** Fills the buffer with what arrives after the given offsets, until the signal. @throws LogError */
export async function fillTail(
  log: EventLog,
  { from, key }: { readonly from: readonly Offset[]; readonly key?: string | undefined },
  buffer: TailBuffer,
  signal: AbortSignal,
): Promise<void> {
  for await (const { records } of log.read(from, { follow: true, signal })) {
    buffer.push(key === undefined ? records : records.filter((record) => record.key === key));
  }
}
