import { originalOf } from './dead-letter.js';
import type { EventLog, LogRecord, NewRecord, Offset, TopicPartition } from './port.js';

/** Whose letters are parked, and where. */
export interface QueueOwner {
  readonly topic: string;
  /** Transactional id, of nobody else. */
  readonly writer: string;
  /** Tells the owner's letters from those of others; default: all of the topic are its own. */
  readonly isOwn?: (letter: LogRecord) => boolean;
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

/**
 * Parks the dead letters of one consumer, each of them once, although its record comes again after a crash: whoever opens the
 * writer fences those before, so what the topic holds then is all that they parked, and what is in it is left out.
 */
export class DeadLetterQueue {
  /** By origin: a record that is tried again fails again. */
  readonly #pending = new Map<string, NewRecord>();
  /** By partition of the sources: the offsets of what is parked, and may come again. */
  readonly #parked = new Map<string, Set<number>>();
  /** By partition of the sources: what lies below does not come again. */
  readonly #reached = new Map<string, number>();
  /** By partition of the queue: how far it was read. */
  readonly #read = new Map<number, number>();
  #flushed: Promise<void> = Promise.resolve();

  constructor(
    readonly log: EventLog,
    readonly owner: QueueOwner,
  ) {}

  add(letter: NewRecord): void {
    const original = originalOf(letter);
    this.#pending.set(`${nameOf(original)}-${original.offset}`, letter);
  }

  /** Resolves when everything that was added before the call is in the queue; may be called again after a failure. @throws LogError */
  flush(): Promise<void> {
    const flushing = this.#flushed.then(() => this.#park());
    this.#flushed = flushing.catch(() => undefined);
    return flushing;
  }

  /** Records below the offsets do not come again: their letters, which were flushed, are forgotten here. */
  reached(offsets: readonly Offset[]): void {
    for (const { offset: end, ...partition } of offsets) {
      this.#reached.set(nameOf(partition), end);
      const parked = this.#parked.get(nameOf(partition));
      parked?.forEach((offset) => offset < end && parked.delete(offset));
    }
  }

  async #park(): Promise<void> {
    const parking = [...this.#pending];
    if (parking.length === 0) return;
    const writer = await this.log.openWriter(this.owner.writer);
    try {
      await this.#readOn();
      const missing = parking.map(([, letter]) => letter).filter((letter) => !this.#isParked(originalOf(letter)));
      if (missing.length > 0) await writer.commit({ records: missing });
    } finally {
      await writer.close();
    }
    for (const [origin, letter] of parking) {
      this.#remember(originalOf(letter));
      if (this.#pending.get(origin) === letter) this.#pending.delete(origin);
    }
  }

  /** Reads what came to the queue since the last time. */
  async #readOn(): Promise<void> {
    const { topic, isOwn = () => true } = this.owner;
    const infos = await this.log.admin.partitions(topic);
    const from = infos
      .map(({ partition, begin, end }) => ({ partition, offset: Math.max(begin, this.#read.get(partition) ?? 0), end }))
      .filter(({ offset, end }) => offset < end)
      .map(({ partition, offset }) => ({ topic, partition, offset }));
    if (from.length === 0) return;
    for await (const batch of this.log.read(from, { follow: false, signal: new AbortController().signal })) {
      for (const letter of batch.records) if (isOwn(letter)) this.#remember(originalOf(letter));
      this.#read.set(batch.partition, batch.nextOffset);
    }
  }

  #isParked(original: Offset): boolean {
    return this.#parked.get(nameOf(original))?.has(original.offset) ?? false;
  }

  #remember(original: Offset): void {
    const name = nameOf(original);
    if (original.offset < (this.#reached.get(name) ?? 0)) return;
    const parked = this.#parked.get(name) ?? new Set();
    this.#parked.set(name, parked.add(original.offset));
  }
}
