import type { Demand, LogRecord, RecordBatch } from '@order-flow/event-log';

interface Queue {
  readonly topic: string;
  batches: RecordBatch[];
  /** Index of the next record in the first batch. */
  index: number;
}

/** How long records wait for those of another topic that are known and not read yet; milliseconds. */
const PATIENCE_MS = 500;

/**
 * Records of one slice that were read and not yet processed, of all its topics. A topic that is known to hold more than
 * was read of it is waited for a little, because that may be earlier than what is there (as Kafka Streams does since
 * KIP-695). While it is full only such topics are demanded, and `push` waits for all others: that is the back-pressure
 * from processing to reading.
 */
export class InputBuffer implements Demand {
  readonly #queues = new Map<string, Queue>();
  /** Next offset to consume, by topic. */
  readonly positions = new Map<string, number>();
  /** Ends of the topics as they were last seen. */
  readonly ends = new Map<string, number>();
  #earliest: Queue | undefined;
  #size = 0;
  /** No topic holds more than was read of it, or something of each is there. */
  #complete = false;
  #impatientAt: number | undefined;
  #wake: (() => void) | undefined;
  #woken = false;
  #drained: (() => void) | undefined;
  /** Until half of it is taken, so that reading goes on in large steps. */
  #full = false;
  readonly #listeners = new Set<() => void>();

  constructor(readonly limit: number) {}

  get size(): number {
    return this.#size;
  }

  async push(batch: RecordBatch, signal: AbortSignal): Promise<void> {
    while (!this.wants(batch.topic) && !signal.aborted) {
      await new Promise<void>((resolve) => (this.#drained = resolve));
    }
    const queue = this.#queues.get(batch.topic) ?? { topic: batch.topic, batches: [], index: 0 };
    this.#queues.set(batch.topic, queue);
    this.ends.set(batch.topic, batch.endOffset);
    this.#complete = false;
    if (batch.records.length === 0) {
      this.#skip(queue, batch.nextOffset);
      this.wake();
      return;
    }
    queue.batches.push(batch);
    this.#size += batch.records.length;
    this.#full ||= this.#size >= this.limit;
    this.wake();
  }

  wants(topic: string): boolean {
    return !this.#full || this.lacks(topic);
  }

  lacks(topic: string): boolean {
    return !this.#queues.get(topic)?.batches.length && (this.positions.get(topic) ?? 0) < (this.ends.get(topic) ?? 0);
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * The earliest buffered record: by timestamp, then topic, then offset. It stays until it is taken.
   * @returns undefined also while an earlier one may be about to be read
   */
  peek(): LogRecord | undefined {
    if (!this.#complete && this.#waits()) return undefined;
    let best: LogRecord | undefined;
    for (const queue of this.#queues.values()) {
      const head = queue.batches[0]?.records[queue.index];
      if (!head || (best && !precedes(head, best))) continue;
      best = head;
      this.#earliest = queue;
    }
    return best;
  }

  /** Consumes what `peek` gave. */
  take(record: LogRecord): void {
    if (this.#earliest?.topic === record.topic) this.#take(this.#earliest, record);
  }

  /** Resolves when something may be there, or after `ms`. */
  async available(ms: number): Promise<void> {
    if (!this.#woken && !this.peek()) {
      const patience = this.#size > 0 ? (this.#impatientAt ?? Infinity) - performance.now() : Infinity;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(ms, Math.max(0, patience)));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    this.#woken = false;
  }

  /** Lets whoever waits look again. */
  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  release(): void {
    this.#drained?.();
    this.wake();
  }

  #waits(): boolean {
    this.#complete = [...this.ends.keys()].every((topic) => !this.lacks(topic));
    if (this.#complete) {
      this.#impatientAt = undefined;
      return false;
    }
    // Nothing waits as long as nothing is there: the time counts from the first record on.
    if (this.#size === 0) return false;
    this.#impatientAt ??= performance.now() + PATIENCE_MS;
    return performance.now() < this.#impatientAt;
  }

  /** More may be read than before. */
  #demand(): void {
    this.#drained?.();
    for (const listener of this.#listeners) listener();
  }

  /** Nothing is there up to `offset`: the position moves on as soon as what was read before is consumed. */
  #skip(queue: Queue, offset: number): void {
    const last = queue.batches.pop();
    if (last) queue.batches.push({ ...last, nextOffset: offset });
    else this.positions.set(queue.topic, offset);
  }

  #take(queue: Queue, record: LogRecord): void {
    const batch = queue.batches[0];
    queue.index++;
    this.#size--;
    this.positions.set(queue.topic, record.offset + 1);
    if (batch && queue.index >= batch.records.length) {
      this.positions.set(queue.topic, batch.nextOffset);
      queue.batches.shift();
      queue.index = 0;
      this.#complete = false;
    }
    const drained = this.#full && this.#size < this.limit / 2;
    if (drained) this.#full = false;
    if (drained || this.lacks(queue.topic)) this.#demand();
  }
}

const precedes = (a: LogRecord, b: LogRecord): boolean =>
  a.timestamp !== b.timestamp
    ? a.timestamp < b.timestamp
    : a.topic !== b.topic
      ? a.topic < b.topic
      : a.offset < b.offset;
