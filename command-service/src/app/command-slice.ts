import {
  ContractError,
  decodeEvent,
  type OrderCommandData,
  type OrderCommandMessage,
  orderCommands,
} from '@order-flow/contracts';
import {
  deadLetter,
  DeadLetterQueue,
  type EventLog,
  type LogRecord,
  type Offset,
  originalOf,
  type RecordBatch,
  type TopicPartition,
} from '@order-flow/event-log';
import { type EventStore, EventStoreError } from '@order-flow/event-store';
import type { BoundedQueue, Logger, Metrics } from '@order-flow/service-kit';
import { CommandRefused } from '../domain/decider.js';
import { canWait } from '../domain/order.js';
import type { Orders } from './aggregates.js';
import { COMMAND_GROUP, commandDeadLetters } from './dead-letters.js';
import { handleTogether } from './handle.js';

export function sagaCommandMetrics(metrics: Metrics) {
  return {
    handled: metrics.counter('saga_commands_total', 'Commands of the saga by outcome', ['outcome']),
  };
}

export interface SliceContext {
  readonly store: EventStore;
  readonly orders: Orders;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly metrics: ReturnType<typeof sagaCommandMetrics>;
}

/** Batches taken together. */
const TOGETHER = 4;
/** Milliseconds that a command which can wait is held back for the next one of its order. */
const HOLD_MS = 250;
const MOST_HELD = 1_000;

interface Received {
  readonly record: LogRecord;
  readonly message: OrderCommandMessage;
  /** On the clock of `performance.now()`. */
  readonly heldUntil: number;
}

/** The order's stream is to blame: it would be the same next time, and all other orders would wait for this one. */
const isLasting = (error: unknown): error is Error =>
  error instanceof ContractError || (error instanceof EventStoreError && error.code === 'STREAM_TOMBSTONED');

/**
 * Gives the commands of one partition to their orders: orders side by side, the commands of one order in their sequence.
 * One that can wait is held back a little for the next one of its order. Most orders are confirmed that soon, and one
 * append, and all that follows it, does for both.
 */
export class CommandSlice {
  readonly #deadLetters: DeadLetterQueue;
  #held: readonly Received[] = [];

  constructor(
    private readonly context: SliceContext,
    private readonly place: TopicPartition,
  ) {
    this.#deadLetters = new DeadLetterQueue(context.log, {
      topic: commandDeadLetters.name,
      writer: `${COMMAND_GROUP}-dlq-${place.partition}`,
      isOwn: (letter) => originalOf(letter).partition === place.partition,
    });
  }

  /**
   * Until the queue is closed and empty.
   * @param reached is told below which offset everything is handled
   * @throws EventStoreError, LogError
   */
  async handle(queue: BoundedQueue<RecordBatch>, reached: (offset: Offset) => void): Promise<void> {
    let end = 0;
    for (;;) {
      const batches = await this.#next(queue);
      if (batches.length === 0 && this.#held.length === 0) return;
      const waiting = [...this.#held];
      for (const { records } of batches) waiting.push(...(await this.#receive(records)));
      await this.#handleReady(waiting, queue.isClosed);
      end = batches.at(-1)?.nextOffset ?? end;
      const offset = { ...this.place, offset: this.#held[0]?.record.offset ?? end };
      this.#deadLetters.reached([offset]);
      reached(offset);
    }
  }

  async #next(queue: BoundedQueue<RecordBatch>): Promise<RecordBatch[]> {
    const [oldest] = this.#held;
    if (!oldest) return queue.take(TOGETHER);
    await queue.hasMoreWithin(oldest.heldUntil - performance.now());
    return queue.takeNow(TOGETHER);
  }

  async #receive(records: readonly LogRecord[]): Promise<Received[]> {
    const received: Received[] = [];
    const heldUntil = performance.now() + HOLD_MS;
    for (const record of records) {
      try {
        received.push({ record, message: decodeEvent(orderCommands, record), heldUntil });
      } catch (error) {
        if (!(error instanceof ContractError)) throw error;
        await this.#park(record, error);
      }
    }
    return received;
  }

  /** Holds the others back. */
  async #handleReady(waiting: readonly Received[], isLast: boolean): Promise<void> {
    const now = performance.now();
    const isTime = isLast || waiting.length > MOST_HELD;
    const ready = new Map<string, Received[]>();
    for (const { message, heldUntil } of waiting)
      if (isTime || heldUntil <= now || !canWait(message)) ready.set(message.data.orderId, []);
    const held: Received[] = [];
    for (const received of waiting) (ready.get(received.message.data.orderId) ?? held).push(received);
    this.#held = held;
    await Promise.all([...ready].map(([orderId, commands]) => this.#handleOrder(orderId, commands)));
  }

  async #handleOrder(orderId: string, commands: readonly Received[]): Promise<void> {
    const { store, orders, metrics } = this.context;
    const asked = commands.map(({ message: { id, type, data, correlationid, traceparent } }) => {
      const command = { type, data } as OrderCommandData;
      return {
        context: { commandId: id, correlationId: correlationid, traceparent, input: command },
        makeCommand: () => command,
      };
    });
    try {
      for (const outcome of await handleTogether(store, orders, orderId, asked)) {
        const isRefused = outcome instanceof CommandRefused;
        metrics.handled.inc({ outcome: isRefused ? 'refused' : outcome.repeated ? 'repeated' : 'applied' });
      }
    } catch (error) {
      if (!isLasting(error)) throw error;
      for (const { record } of commands) await this.#park(record, error);
    }
  }

  async #park(record: LogRecord, error: Error): Promise<void> {
    const { logger, metrics } = this.context;
    const origin = `${record.topic}-${record.partition}-${record.offset}`;
    logger.warn({ origin, err: error }, `${COMMAND_GROUP} parked ${origin}: ${error.message}`);
    this.#deadLetters.add(deadLetter(record, error, { topic: commandDeadLetters.name }));
    await this.#deadLetters.flush();
    metrics.handled.inc({ outcome: 'parked' });
  }
}
