import {
  ContractError,
  decodeEvent,
  type OrderCommandData,
  type OrderCommandMessage,
  orderCommands,
  type TopicSettings,
} from '@order-flow/contracts';
import {
  deadLetter,
  DeadLetterQueue,
  type EventLog,
  type LogRecord,
  type Offset,
  originalOf,
  type OwnershipEpoch,
  type RecordBatch,
} from '@order-flow/event-log';
import { type EventStore, EventStoreError } from '@order-flow/event-store';
import type { Logger, Metrics } from '@order-flow/service-kit';
import { CommandRefused } from '../domain/decider.js';
import type { Orders } from './aggregates.js';
import { handle } from './handle.js';
import { HandledOffsets } from './handled-offsets.js';

const GROUP = 'command-service';

/**
 * Where records of `order.commands` go that are no commands, and commands to orders whose streams cannot be read. What a
 * letter has to leave out for its size is lost when the topic is trimmed: no command of ours comes near 1 MiB, and nobody
 * runs these again.
 */
export const commandDeadLetters: TopicSettings = {
  name: `${GROUP}.dlq`,
  key: 'key of the failed record',
  cleanup: 'delete',
  retentionMs: -1,
};

export function sagaCommandMetrics(metrics: Metrics) {
  return {
    handled: metrics.counter('saga_commands_total', 'Commands of the saga by outcome', ['outcome']),
  };
}

export interface SagaCommands {
  readonly store: EventStore;
  readonly orders: Orders;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly metrics: ReturnType<typeof sagaCommandMetrics>;
  /** Milliseconds between two deletions of handled commands; default a minute. */
  readonly trimEveryMs?: number;
}

/**
 * Gives the saga's commands to their orders. Offsets are committed after the appends: a command that comes again finds
 * itself in the stream. Runs until the signal. @throws EventStoreError, LogError
 */
export async function runSagaCommands(
  context: SagaCommands,
  signal: AbortSignal,
  ready: () => void,
  waiting: (cause: string) => void = () => undefined,
): Promise<void> {
  const left = new AbortController();
  let consuming: Promise<void> = Promise.resolve();
  // Only members may commit while the group has any, so the last commit comes before the leave.
  const leave = (): void => void consuming.finally(() => left.abort()).catch(() => undefined);
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  try {
    for await (const epoch of context.log.join(GROUP, [orderCommands.name], left.signal)) {
      await consuming;
      consuming = consume(context, epoch, await startOffsets(context, epoch.slices), signal);
      consuming.catch(() => left.abort());
      ready();
      epoch.signal.addEventListener('abort', () => waiting('its group shares out order.commands'), { once: true });
    }
  } finally {
    signal.removeEventListener('abort', leave);
    left.abort();
    await consuming;
  }
}

/** What was deleted before it was committed as handled cannot be handled any more: that is said. */
async function startOffsets({ log, logger }: SagaCommands, slices: readonly number[]): Promise<Offset[]> {
  const topic = orderCommands.name;
  const committed = (await log.admin.committed(GROUP)).filter((offset) => offset.topic === topic);
  const partitions = await log.admin.partitions(topic);
  return slices.map((partition) => {
    const known = committed.find((offset) => offset.partition === partition)?.offset;
    const begin = partitions[partition]?.begin ?? 0;
    if (known !== undefined && known < begin)
      logger.error(
        { topic, partition, committed: known, begin },
        `${topic}-${partition} begins at ${begin}, but ${GROUP} has committed ${known}: what lay between was deleted and ` +
          'perhaps never handled; orders that wait for it stay as they are, so look for those that do not end',
      );
    return { topic, partition, offset: Math.max(known ?? 0, begin) };
  });
}

interface Slice extends SagaCommands {
  readonly deadLetters: DeadLetterQueue;
}

function deadLetterQueue(log: EventLog, partition: number): DeadLetterQueue {
  const isOwn = (letter: LogRecord): boolean => originalOf(letter).partition === partition;
  return new DeadLetterQueue(log, { topic: commandDeadLetters.name, writer: `${GROUP}-dlq-${partition}`, isOwn });
}

/** The batches of one slice one after the other, those of different slices side by side. */
async function consume(
  context: SagaCommands,
  epoch: OwnershipEpoch,
  from: readonly Offset[],
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const ended = new AbortController();
  const handled = new HandledOffsets(context.log, GROUP, context.trimEveryMs);
  const committing = handled.keepCommitting(ended.signal);
  committing.catch(() => failed.abort());
  const underWay = new Map<number, Promise<void>>();
  const queues = new Map<number, DeadLetterQueue>();
  try {
    for await (const batch of epoch.read(from, AbortSignal.any([signal, failed.signal]))) {
      const { topic, partition, nextOffset } = batch;
      await underWay.get(partition);
      const deadLetters = queues.get(partition) ?? deadLetterQueue(context.log, partition);
      queues.set(partition, deadLetters);
      const handling = handleBatch({ ...context, deadLetters }, batch).then(() => {
        const offset = { topic, partition, offset: nextOffset };
        deadLetters.reached([offset]);
        handled.reached(offset);
      });
      handling.catch(() => failed.abort());
      underWay.set(partition, handling);
    }
    await Promise.all(underWay.values());
  } finally {
    await Promise.allSettled(underWay.values());
    ended.abort();
    await committing;
  }
}

/** Orders side by side, the commands of one order one after the other. */
async function handleBatch(slice: Slice, { records }: RecordBatch): Promise<void> {
  const byOrder = new Map<string, Received[]>();
  for (const record of records) {
    const message = await decodeOrPark(slice, record);
    if (!message) continue;
    const queue = byOrder.get(message.data.orderId) ?? [];
    byOrder.set(message.data.orderId, queue);
    queue.push({ record, message });
  }
  await Promise.all(
    [...byOrder.values()].map(async (commands) => {
      for (const command of commands) await handleOne(slice, command);
    }),
  );
}

interface Received {
  readonly record: LogRecord;
  readonly message: OrderCommandMessage;
}

/** The order's stream is to blame: it would be the same next time, and all other orders would wait for this one. */
const isLasting = (error: unknown): error is Error =>
  error instanceof ContractError || (error instanceof EventStoreError && error.code === 'STREAM_TOMBSTONED');

async function handleOne(slice: Slice, { record, message }: Received): Promise<void> {
  const { store, orders, metrics } = slice;
  const { id, type, data, correlationid, traceparent } = message;
  const command = { type, data } as OrderCommandData;
  try {
    const origin = { commandId: id, correlationId: correlationid, traceparent, input: command };
    const { repeated } = await handle(store, orders, data.orderId, origin, () => command);
    metrics.handled.inc({ outcome: repeated ? 'repeated' : 'applied' });
  } catch (error) {
    if (isLasting(error)) return park(slice, record, error);
    if (!(error instanceof CommandRefused) || error.code === 'TOO_MUCH_CONTENTION') throw error;
    metrics.handled.inc({ outcome: 'refused' });
  }
}

async function decodeOrPark(slice: Slice, record: LogRecord): Promise<OrderCommandMessage | undefined> {
  try {
    return decodeEvent(orderCommands, record);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    await park(slice, record, error);
    return undefined;
  }
}

async function park({ deadLetters, logger, metrics }: Slice, record: LogRecord, error: Error): Promise<void> {
  const origin = `${record.topic}-${record.partition}-${record.offset}`;
  logger.warn({ origin, err: error }, `${GROUP} parked ${origin}: ${error.message}`);
  deadLetters.add(deadLetter(record, error, { topic: commandDeadLetters.name }));
  await deadLetters.flush();
  metrics.handled.inc({ outcome: 'parked' });
}
