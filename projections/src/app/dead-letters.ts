import type { TopicSettings } from '@order-flow/contracts';
import { deadLetter, type EventLog, type LogRecord, type NewRecord } from '@order-flow/event-log';

/** Where records go that a projection cannot fold. */
export const projectionDeadLetters: TopicSettings = {
  name: 'projections.dlq',
  key: 'key of the failed record',
  cleanup: 'delete',
  retentionMs: -1,
};

/**
 * Collects what failed in a batch. It has to be flushed before anything says that the batch was applied: the documents
 * and the checkpoint both let nobody read the records again.
 */
export class DeadLetters {
  /** By origin: a batch that is tried again fails again. */
  readonly #pending = new Map<string, NewRecord>();
  #flushed: Promise<void> = Promise.resolve();

  constructor(
    readonly log: EventLog,
    readonly collection: string,
  ) {}

  add(record: LogRecord, error: Error): void {
    const parked = deadLetter(record, error, {
      topic: projectionDeadLetters.name,
      headers: { 'dlq-consumer': this.collection },
    });
    this.#pending.set(`${record.topic}-${record.partition}-${record.offset}`, parked);
  }

  /**
   * Resolves when everything that was added before the call is parked. A record may be parked twice after a crash, never
   * not at all; its consumer and its origin in the headers tell that it is the same.
   */
  flush(): Promise<void> {
    const flushing = this.#flushed.then(() => this.#park());
    this.#flushed = flushing.catch(() => undefined);
    return flushing;
  }

  async #park(): Promise<void> {
    const parking = [...this.#pending];
    if (parking.length === 0) return;
    const writer = await this.log.openWriter(`projections-dlq-${this.collection}`);
    try {
      await writer.commit({ records: parking.map(([, record]) => record) });
    } finally {
      await writer.close();
    }
    for (const [origin, record] of parking) if (this.#pending.get(origin) === record) this.#pending.delete(origin);
  }
}
