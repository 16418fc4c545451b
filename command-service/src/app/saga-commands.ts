import { orderCommands } from '@order-flow/contracts';
import type { Offset, OwnershipEpoch, RecordBatch } from '@order-flow/event-log';
import { BoundedQueue } from '@order-flow/service-kit';
import { CommandSlice, type SliceContext } from './command-slice.js';
import { COMMAND_GROUP } from './dead-letters.js';
import { HandledOffsets } from './handled-offsets.js';

/** Batches read ahead of a slice. */
const READ_AHEAD = 4;

export interface SagaCommands extends SliceContext {
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
    for await (const epoch of context.log.join(COMMAND_GROUP, [orderCommands.name], left.signal)) {
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
  const committed = (await log.admin.committed(COMMAND_GROUP)).filter((offset) => offset.topic === topic);
  const partitions = await log.admin.partitions(topic);
  return slices.map((partition) => {
    const known = committed.find((offset) => offset.partition === partition)?.offset;
    const begin = partitions[partition]?.begin ?? 0;
    if (known !== undefined && known < begin)
      logger.error(
        { topic, partition, committed: known, begin },
        `${topic}-${partition} begins at ${begin}, but ${COMMAND_GROUP} has committed ${known}: what lay between was deleted and ` +
          'perhaps never handled; orders that wait for it stay as they are, so look for those that do not end',
      );
    return { topic, partition, offset: Math.max(known ?? 0, begin) };
  });
}

/** The commands of one slice in their order, those of different slices side by side. */
async function consume(
  context: SagaCommands,
  epoch: OwnershipEpoch,
  from: readonly Offset[],
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const ended = new AbortController();
  const handled = new HandledOffsets(context.log, COMMAND_GROUP, context.trimEveryMs);
  const committing = handled.keepCommitting(ended.signal);
  committing.catch(() => failed.abort());
  const queues = new Map<number, BoundedQueue<RecordBatch>>();
  const underWay: Promise<void>[] = [];
  const begin = (partition: number): BoundedQueue<RecordBatch> => {
    const queue = new BoundedQueue<RecordBatch>(READ_AHEAD);
    const slice = new CommandSlice(context, { topic: orderCommands.name, partition });
    const handling = slice.handle(queue, (offset) => handled.reached(offset)).finally(() => queue.close());
    handling.catch(() => failed.abort());
    underWay.push(handling);
    queues.set(partition, queue);
    return queue;
  };
  try {
    for await (const batch of epoch.read(from, AbortSignal.any([signal, failed.signal])))
      await (queues.get(batch.partition) ?? begin(batch.partition)).push(batch);
  } finally {
    for (const queue of queues.values()) queue.close();
    await Promise.allSettled(underWay);
    ended.abort();
    await committing;
  }
  await Promise.all(underWay);
}
