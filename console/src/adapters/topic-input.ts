import { type EventLog, LogError, type PartitionInfo, partitionForKey } from '@order-flow/event-log';
import { Problem, wholeNumber } from '@order-flow/service-kit';
import { z } from 'zod';

export const TopicPath = z.object({ topic: z.string().regex(/^[a-zA-Z0-9._-]{1,249}$/, 'a topic name') });
export const Partition = wholeNumber(0, 99_999);
export const Key = z.string().min(1).max(2_000);

export const unknownTopic = (topic: string): Problem => new Problem(404, 'UNKNOWN_TOPIC', `there is no topic ${topic}`);

/** @throws Problem 404 UNKNOWN_TOPIC */
export async function partitionsOf(log: EventLog, topic: string): Promise<readonly PartitionInfo[]> {
  try {
    return await log.admin.partitions(topic);
  } catch (error) {
    if (error instanceof LogError && error.code === 'UNKNOWN_TOPIC') throw unknownTopic(topic);
    throw error;
  }
}

/** The partitions that a query is about: the one it names, the one its key goes to, or all. @throws Problem 404 UNKNOWN_PARTITION */
export function partitionsFor(
  partitions: readonly PartitionInfo[],
  { partition, key }: { readonly partition?: number | undefined; readonly key?: string | undefined },
): readonly PartitionInfo[] {
  const wanted = partition ?? (key === undefined ? undefined : partitionForKey(key, partitions.length));
  if (wanted === undefined) return partitions;
  const found = partitions.filter((info) => info.partition === wanted);
  if (found.length > 0) return found;
  throw new Problem(404, 'UNKNOWN_PARTITION', `the topic has ${partitions.length} partitions; there is no ${wanted}`);
}
