import {
  type GroupName,
  LogError,
  type LogAdmin,
  type Offset,
  type PartitionInfo,
  type TopicName,
  type TopicPartition,
} from '../../port.js';
import { byTopic, nested } from '../by-topic.js';
import type { KafkaConnection } from '../connection.js';
import { isUnanswered, logErrorOf } from '../protocol/failures.js';
import { describeLogDirsRequest } from '../protocol/describe-log-dirs-request.js';
import { persist } from '../protocol/persistence.js';
import { END, FIRST, offsetsAt } from '../reading/partition-ranges.js';
import { readKafka } from '../reading/read-kafka.js';
import { allGroups, commitGroupOffsets, committedOffsets, type Committer, describeGroup } from './kafka-groups.js';
import { allTopics, ensureKafkaTopics } from './kafka-topics.js';

/** Records. */
const LOOKED_AT = 20_000;

async function partitionsOf(connection: KafkaConnection, topic: TopicName): Promise<TopicPartition[]> {
  await connection.open([topic]);
  return Array.from({ length: connection.partitionCount(topic) }, (_, partition) => ({ topic, partition }));
}

/** The largest replica of each partition; 0 where no broker tells. */
async function sizesOf(connection: KafkaConnection, topic: TopicName, count: number): Promise<number[]> {
  const sizes = Array.from({ length: count }, () => 0);
  const request = describeLogDirsRequest(topic, [...sizes.keys()]);
  const answers = connection.nodes().map(async (nodeId) => connection.send(await connection.node(nodeId), request));
  for (const answer of await Promise.allSettled(answers)) {
    if (answer.status === 'rejected') continue;
    for (const { partition, bytes } of answer.value) sizes[partition] = Math.max(sizes[partition] ?? 0, bytes);
  }
  return sizes;
}

async function describePartitions(connection: KafkaConnection, topic: TopicName): Promise<readonly PartitionInfo[]> {
  const partitions = await partitionsOf(connection, topic);
  const begins = await offsetsAt(connection, partitions, FIRST);
  const ends = await offsetsAt(connection, partitions, END);
  const sizes = await sizesOf(connection, topic, partitions.length);
  return partitions.map(({ partition }) => ({
    partition,
    begin: begins[partition]?.offset ?? 0,
    end: ends[partition]?.offset ?? 0,
    bytes: sizes[partition] ?? 0,
  }));
}

/**
 * Brokers answer with the first offset of that time or later, be it one of a transaction's markers, whose time is the
 * broker's own. So the records from there on are looked at, up to a bound, for the first one that is meant.
 */
async function offsetsForTime(connection: KafkaConnection, topic: TopicName, timestamp: number) {
  const partitions = await partitionsOf(connection, topic);
  const found = await offsetsAt(connection, partitions, Math.max(0, timestamp));
  const ends = await offsetsAt(connection, partitions, END);
  return Promise.all(
    found.map(async (one, index) => {
      const offset = one.offset < 0 ? (ends[index]?.offset ?? 0) : await firstSince(connection, one, timestamp);
      return { ...one, offset };
    }),
  );
}

async function firstSince({ settings }: KafkaConnection, from: Offset, timestamp: number): Promise<number> {
  const { signal } = new AbortController();
  let { offset } = from;
  let left = LOOKED_AT;
  for await (const batch of readKafka(settings, [from], { follow: false, signal })) {
    const record = batch.records.find((one) => one.timestamp >= timestamp);
    if (record) return record.offset;
    offset = batch.nextOffset;
    left -= batch.records.length;
    if (left <= 0) break;
  }
  return offset;
}

async function deleteRecords(connection: KafkaConnection, before: readonly Offset[]): Promise<void> {
  await connection.open([...byTopic(before).keys()]);
  const ends = await offsetsAt(connection, before, END);
  before.forEach(({ topic, partition, offset }, index) => {
    const end = ends[index]?.offset ?? 0;
    if (offset >= 0 && offset <= end) return;
    const message = `${topic}-${partition} ends at ${end}; nothing below ${offset} to delete`;
    throw new LogError('OFFSET_OUT_OF_RANGE', message);
  });
  for (const one of before) {
    const attempt = async (): Promise<void> => {
      const broker = await connection.node(connection.leaderOf(one));
      const topics = nested([one], ({ partition, offset }) => ({ partition, offset: String(offset) }));
      try {
        await connection.ask(broker, broker.deleteRecords({ topics }), 'DeleteRecords');
      } catch (error) {
        await connection.refresh();
        // The broker's answer is told per partition, of which there is one.
        const [inner] = (error as { readonly partitions?: readonly { readonly error: Error }[] }).partitions ?? [];
        throw inner?.error ?? error;
      }
    };
    await persist(attempt, { within: connection.settings.patience });
  }
}

/**
 * The administration of a Kafka cluster, over one connection.
 * @param committerOf this process' own member of a group: while a group has members, only they may commit
 */
export function kafkaAdmin(
  connection: KafkaConnection,
  committerOf: (group: GroupName) => Committer | undefined,
): LogAdmin {
  // What a topic's key is, for people, is not kept by Kafka.
  const keys = new Map<TopicName, string>();
  const doing = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw isUnanswered(error) ? connection.explained(error) : logErrorOf(error, what);
    }
  };
  const again = <T>(work: () => Promise<T>) => persist(work, { within: connection.settings.patience });
  return {
    ensureTopics: (wanted, defaults) =>
      doing('making topics', async () => {
        await again(() => ensureKafkaTopics(connection, wanted, defaults.partitions));
        for (const { name, key } of wanted) keys.set(name, key);
      }),
    topics: () =>
      doing('listing topics', async () => {
        const topics = await again(() => allTopics(connection));
        return topics.map((topic) => ({ ...topic, key: keys.get(topic.name) ?? '' }));
      }),
    partitions: (topic) => doing(`looking at ${topic}`, () => describePartitions(connection, topic)),
    offsetsForTime: (topic, timestamp) =>
      doing(`looking at ${topic}`, () => offsetsForTime(connection, topic, timestamp)),
    groups: () => doing('listing groups', () => again(() => allGroups(connection))),
    group: (group) => doing(`looking at the group ${group}`, () => describeGroup(connection, group)),
    committed: (group) => doing(`looking at the group ${group}`, () => committedOffsets(connection, group)),
    commitOffsets: (consumed) =>
      doing(`committing for the group ${consumed.group}`, async () => {
        await connection.open([...byTopic(consumed.offsets).keys()]);
        for (const offset of consumed.offsets) connection.leaderOf(offset);
        await commitGroupOffsets(connection, consumed, () => committerOf(consumed.group));
      }),
    deleteRecords: (before) => doing('deleting records', () => deleteRecords(connection, before)),
    // Brokers clean by themselves, when the topics' settings say so.
    clean: async () => undefined,
  };
}
