import type { TopicSettings } from '@order-flow/contracts';
import { LogError, type TopicInfo, type TopicName } from '../../port.js';
import type { KafkaConnection } from '../connection.js';
import { answerOf, logErrorOf } from '../protocol/failures.js';
import type { Broker, NewTopic, TopicMetadata } from '../protocol/kafkajs-internals.js';
import { persist } from '../protocol/persistence.js';

const TOPIC = 2;
/** Milliseconds a broker may take to make topics. */
const MAKING = 5_000;
const NEVER = 7 * 24 * 60 * 60 * 1_000;

type Found = Pick<TopicInfo, 'name' | 'cleanup' | 'retentionMs' | 'partitionCount'>;

/** A topic and what becomes of its old records. */
interface Kept {
  readonly topic: Found;
  /** Whether records go by their age or by what is beyond so many bytes; of a table they may do so as well. */
  readonly deletes: boolean;
  /** Of a partition; -1 for no limit. */
  readonly retentionBytes: number;
}

/**
 * Tombstones stay a day, so that who follows a table with pauses sees every deletion; segments are small enough that a table's
 * log stays within a few times its content.
 */
const COMPACTED = {
  'delete.retention.ms': '86400000',
  'segment.bytes': '33554432',
  'segment.ms': '3600000',
  'min.cleanable.dirty.ratio': '0.3',
  'max.compaction.lag.ms': '86400000',
};

/**
 * Events have the event store's time of day. Brokers from 4.0 on refuse, unless told otherwise, what is ahead of their own by
 * more than an hour; those before 3.6 know no such limit.
 */
const ANY_TIME = { name: 'message.timestamp.after.max.ms', value: '9223372036854775807' };

function configOf({ cleanup, retentionMs }: TopicSettings) {
  const settings = {
    'cleanup.policy': cleanup,
    'retention.ms': String(retentionMs),
    // brokers may have a limit for topics that say nothing
    'retention.bytes': '-1',
    ...(cleanup === 'compact' ? COMPACTED : {}),
  };
  return [...Object.entries(settings).map(([name, value]) => ({ name, value })), ANY_TIME];
}

async function describe(connection: KafkaConnection, topics: readonly TopicMetadata[]): Promise<Kept[]> {
  if (topics.length === 0) return [];
  const broker = await connection.anyNode();
  const configNames = ['cleanup.policy', 'retention.ms', 'retention.bytes'];
  const { resources } = await connection.ask(
    broker,
    broker.describeConfigs({ resources: topics.map(({ topic }) => ({ type: TOPIC, name: topic, configNames })) }),
    'DescribeConfigs',
  );
  return topics.map(({ topic: name, partitionMetadata }) => {
    const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
    const valueOf = (config: string) => entries.find(({ configName }) => configName === config)?.configValue;
    const policy = valueOf('cleanup.policy') ?? 'delete';
    const topic = {
      name,
      cleanup: policy.includes('compact') ? ('compact' as const) : ('delete' as const),
      retentionMs: Number(valueOf('retention.ms') ?? NEVER),
      partitionCount: partitionMetadata.length,
    };
    return { topic, deletes: policy.includes('delete'), retentionBytes: Number(valueOf('retention.bytes') ?? -1) };
  });
}

/** All topics but Kafka's own. */
export async function allTopics(connection: KafkaConnection): Promise<Found[]> {
  const { topicMetadata } = await connection.metadata();
  const topics = topicMetadata.filter(({ topicErrorCode, isInternal }) => topicErrorCode === 0 && !isInternal);
  const found = await describe(connection, topics);
  return found.map(({ topic }) => topic).sort((a, b) => (a.name < b.name ? -1 : 1));
}

const isShorter = (found: number, wanted: number): boolean => found >= 0 && (wanted < 0 || found < wanted);

/** What keeps less than it should loses what perhaps nobody has read. */
function checkRetention({ name, retentionMs }: TopicSettings, { topic, deletes, retentionBytes }: Kept): void {
  const limits = [
    { limit: 'retention.ms', found: topic.retentionMs, wanted: retentionMs },
    { limit: 'retention.bytes', found: retentionBytes, wanted: -1 },
  ];
  const short = limits.find(({ found, wanted }) => isShorter(found, wanted));
  if (!deletes || !short) return;
  const { limit, found, wanted } = short;
  const remedy = `kafka-configs.sh --alter --entity-type topics --entity-name ${name} --add-config ${limit}=${wanted}`;
  throw new LogError(
    'TOPIC_MISMATCH',
    `${name} has ${limit} ${found}, not ${wanted}, and would lose records: ${remedy}`,
  );
}

function check(wanted: TopicSettings, partitionCount: number, kept: Kept): void {
  const { name } = wanted;
  const { topic: found } = kept;
  if (found.partitionCount !== partitionCount) {
    throw new LogError('TOPIC_MISMATCH', `${name} has ${found.partitionCount} partitions, not ${partitionCount}`);
  }
  if (found.cleanup !== wanted.cleanup) {
    throw new LogError('TOPIC_MISMATCH', `${name} has cleanup ${found.cleanup}, not ${wanted.cleanup}`);
  }
  checkRetention(wanted, kept);
}

const refusalsOf = (error: unknown): readonly unknown[] =>
  (error as { readonly errors?: readonly unknown[] }).errors ?? [error];

/** What the brokers refuse about a topic is for people to settle, save that it exists already. */
function refusalOf(error: unknown): LogError | undefined {
  const lasting = refusalsOf(error).find((one) => answerOf(one) !== 'TOPIC_ALREADY_EXISTS');
  if (lasting === undefined) return undefined;
  const { topic } = lasting as { readonly topic?: TopicName };
  const mapped = logErrorOf(lasting, `making the topic ${topic ?? ''}`);
  if (answerOf(lasting) === 'INVALID_TOPIC_EXCEPTION') return new LogError('TOPIC_MISMATCH', mapped.message);
  const isRefusal = answerOf(lasting) !== undefined && mapped.code === 'LOG_UNAVAILABLE';
  return isRefusal ? new LogError('LOG_REFUSED', mapped.message, { cause: error }) : mapped;
}

const withoutLimit = (topics: readonly NewTopic[]): readonly NewTopic[] =>
  topics.map((topic) => ({ ...topic, configEntries: topic.configEntries.filter((entry) => entry !== ANY_TIME) }));

/** Makes them as they are wanted, or without the limit that old brokers do not know. */
async function makeOn(broker: Broker, connection: KafkaConnection, topics: readonly NewTopic[]): Promise<void> {
  const ask = (wanted: readonly NewTopic[]) =>
    connection.ask(broker, broker.createTopics({ topics: wanted, timeout: MAKING }), 'CreateTopics', MAKING);
  await ask(topics).catch((error: unknown) => {
    if (!refusalsOf(error).some((one) => answerOf(one) === 'INVALID_CONFIG')) throw error;
    return ask(withoutLimit(topics));
  });
}

async function make(connection: KafkaConnection, topics: readonly NewTopic[]): Promise<void> {
  try {
    await makeOn(await connection.controller(), connection, topics);
  } catch (error) {
    if (answerOf(error) === 'NOT_CONTROLLER') await connection.refresh();
    const refusal = 'errors' in (error as object) ? refusalOf(error) : undefined;
    if (refusal) throw refusal;
    if (!('errors' in (error as object))) throw error;
  }
}

/** Waits until every broker knows the topics and who leads their partitions. */
async function known(connection: KafkaConnection, names: readonly TopicName[]): Promise<void> {
  const look = async (): Promise<void> => {
    await connection.refresh();
    for (const nodeId of connection.nodes()) {
      const { topicMetadata } = await connection.metadata(names, await connection.node(nodeId));
      const ready = topicMetadata.filter(
        ({ topicErrorCode, partitionMetadata }) =>
          topicErrorCode === 0 && partitionMetadata.every(({ leader }) => leader >= 0),
      );
      if (ready.length < names.length) throw new LogError('LOG_UNAVAILABLE', `broker ${nodeId} does not know them yet`);
    }
  };
  const { patience } = connection.settings;
  await persist(look, { within: patience, first: 20, longest: 500, retry: () => true });
}

/** @throws LogError TOPIC_MISMATCH, LOG_REFUSED, LOG_UNAVAILABLE */
export async function ensureKafkaTopics(
  connection: KafkaConnection,
  wanted: readonly TopicSettings[],
  partitions: number,
): Promise<void> {
  if (wanted.length === 0) return;
  const names = wanted.map(({ name }) => name);
  const existing = async (): Promise<Map<TopicName, Kept>> => {
    const { topicMetadata } = await connection.metadata(names);
    const there = topicMetadata.filter(({ topicErrorCode }) => topicErrorCode === 0);
    return new Map((await describe(connection, there)).map((found) => [found.topic.name, found]));
  };
  const checkAll = (found: ReadonlyMap<TopicName, Kept>): void => {
    for (const topic of wanted) {
      const existed = found.get(topic.name);
      if (existed) check(topic, topic.partitions ?? partitions, existed);
    }
  };
  const before = await existing();
  checkAll(before);
  const missing = wanted.filter(({ name }) => !before.has(name));
  if (missing.length === 0) return;
  const { replicationFactor = -1 } = connection.settings;
  const topics = missing.map((topic) => ({
    topic: topic.name,
    numPartitions: topic.partitions ?? partitions,
    replicationFactor,
    configEntries: configOf(topic),
  }));
  await persist(() => make(connection, topics), { within: connection.settings.patience });
  await known(connection, names);
  // Somebody else may have made some of them meanwhile, otherwise.
  checkAll(await existing());
}
