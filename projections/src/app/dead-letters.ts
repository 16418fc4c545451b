import type { TopicSettings } from '@order-flow/contracts';
import { deadLetterHeaders, type EventLog, type LogRecord, type NewRecord } from '@order-flow/event-log';

/** Where records go that a projection cannot fold. */
export const projectionDeadLetters: TopicSettings = {
  name: 'projections.dlq',
  key: 'key of the failed record',
  cleanup: 'delete',
  retentionMs: -1,
};

/** Collects what failed in a batch, and writes it before the batch's checkpoint. */
export class DeadLetters {
  #pending: NewRecord[] = [];

  constructor(
    readonly log: EventLog,
    readonly collection: string,
  ) {}

  add(record: LogRecord, error: Error): void {
    const { key, value, timestamp } = record;
    const headers = { ...deadLetterHeaders(record, error), 'dlq-consumer': this.collection };
    const parked = { topic: projectionDeadLetters.name, key, value, timestamp, headers };
    this.#pending.push(parked);
  }

  /** May write a record twice after a crash, never not at all. */
  async flush(): Promise<void> {
    if (this.#pending.length === 0) return;
    const writer = await this.log.openWriter(`projections-dlq-${this.collection}`);
    await writer.commit({ records: this.#pending });
    await writer.close();
    this.#pending = [];
  }
}
