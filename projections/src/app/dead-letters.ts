import type { TopicSettings } from '@order-flow/contracts';
import { deadLetter, DeadLetterQueue, type EventLog, type LogRecord, type Offset } from '@order-flow/event-log';

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
  readonly #queue: DeadLetterQueue;

  constructor(
    log: EventLog,
    readonly collection: string,
  ) {
    const isOwn = ({ headers }: LogRecord): boolean => headers['dlq-consumer'] === collection;
    this.#queue = new DeadLetterQueue(log, {
      topic: projectionDeadLetters.name,
      writer: `projections-dlq-${collection}`,
      isOwn,
    });
  }

  add(record: LogRecord, error: Error): void {
    const { name: topic } = projectionDeadLetters;
    this.#queue.add(deadLetter(record, error, { topic, headers: { 'dlq-consumer': this.collection } }));
  }

  /** Resolves when everything that was added before the call is parked. @throws LogError */
  flush(): Promise<void> {
    return this.#queue.flush();
  }

  /** What lies below is flushed, and will not be read again. */
  reached(positions: readonly Offset[]): void {
    this.#queue.reached(positions);
  }
}
