import type { EventLog, PartitionInfo, TopicInfo } from '@order-flow/event-log';
import { topicKind } from '../domain/topic-kind.js';
import type { TopicDetail, TopicSummary } from '../shapes.js';

const totals = (partitions: readonly PartitionInfo[]) => ({
  records: partitions.reduce((sum, { begin, end }) => sum + end - begin, 0),
  bytes: partitions.reduce((sum, { bytes }) => sum + bytes, 0),
});

const settings = ({ name, key, cleanup, retentionMs }: TopicInfo) => ({
  name,
  kind: topicKind(name),
  key,
  cleanup,
  retentionMs,
});

/** Every topic with its size, by name. @throws LogError */
export async function listTopics(log: EventLog): Promise<TopicSummary[]> {
  const topics = await log.admin.topics();
  const summaries = topics.map(async (topic) => {
    const partitions = await log.admin.partitions(topic.name);
    return { ...settings(topic), partitions: partitions.length, ...totals(partitions) };
  });
  return (await Promise.all(summaries)).sort((a, b) => a.name.localeCompare(b.name));
}

/** One topic with its partitions; undefined when there is none of this name. @throws LogError */
export async function describeTopic(log: EventLog, name: string): Promise<TopicDetail | undefined> {
  const topic = (await log.admin.topics()).find((candidate) => candidate.name === name);
  if (!topic) return undefined;
  const partitions = await log.admin.partitions(name);
  return { ...settings(topic), ...totals(partitions), partitions };
}
