import type { TopicSettings } from '@order-flow/contracts';
import { LogError, type TopicInfo, type TopicName, type TopicPartition } from './port.js';
import { RecentChunks } from './records/recent-chunks.js';
import { partitionName } from './records/partition-state.js';
import type { LogStorage } from './storage/log-storage.js';

const TABLE = 'topics';
const LEGAL_NAME = /^[a-zA-Z0-9._-]{1,249}$/;

const encode = (topic: TopicInfo): Buffer => Buffer.from(JSON.stringify(topic));
const decode = (bytes: Buffer): TopicInfo => JSON.parse(bytes.toString()) as TopicInfo;

/** A topic that exists, with the names of its partitions. */
export interface KnownTopic extends TopicInfo {
  readonly partitionNames: readonly string[];
}

function refusal(wanted: TopicInfo, existing: TopicInfo | undefined): string | undefined {
  if (!LEGAL_NAME.test(wanted.name))
    return `${wanted.name} is no topic name: 1 to 249 letters, digits, '.', '_' and '-'`;
  if (!Number.isInteger(wanted.partitionCount) || wanted.partitionCount < 1) {
    return `${wanted.name} needs at least one partition, not ${wanted.partitionCount}`;
  }
  if (!existing) return undefined;
  if (existing.partitionCount !== wanted.partitionCount) {
    return `${wanted.name} has ${existing.partitionCount} partitions, not ${wanted.partitionCount}`;
  }
  return existing.cleanup === wanted.cleanup
    ? undefined
    : `${wanted.name} has cleanup ${existing.cleanup}, not ${wanted.cleanup}`;
}

/** The topics of a log. A topic, once made, neither goes nor changes its partitions, so what was read may be kept. */
export class Topics {
  /** Decoded records that the readers of this log share. */
  readonly recent: RecentChunks;
  readonly #storage: LogStorage;
  readonly #known = new Map<TopicName, KnownTopic>();

  constructor(storage: LogStorage) {
    this.#storage = storage;
    this.recent = new RecentChunks(() => storage.losses);
  }

  all(): readonly TopicInfo[] {
    const topics: TopicInfo[] = [];
    this.#storage.scan(TABLE, {}, (_, bytes) => topics.push(decode(bytes)) > 0);
    return topics;
  }

  /** @throws LogError UNKNOWN_TOPIC */
  get(name: TopicName): KnownTopic {
    const known = this.#known.get(name);
    if (known) return known;
    const bytes = this.#storage.get(TABLE, name);
    if (!bytes) throw new LogError('UNKNOWN_TOPIC', `there is no topic ${name}`);
    const info = decode(bytes);
    const partitionNames = Array.from({ length: info.partitionCount }, (_, partition) =>
      partitionName(name, partition),
    );
    const topic = { ...info, partitionNames };
    this.#known.set(name, topic);
    return topic;
  }

  /** The partition's name. @throws LogError UNKNOWN_TOPIC when the topic or its partition does not exist */
  partition({ topic, partition }: TopicPartition): string {
    const known = this.get(topic);
    const name = known.partitionNames[partition];
    if (name !== undefined) return name;
    throw new LogError('UNKNOWN_TOPIC', `${topic} has ${known.partitionCount} partitions; there is no ${partition}`);
  }

  /** All or none. @throws LogError TOPIC_MISMATCH */
  async ensure(wanted: readonly TopicSettings[], partitions: number): Promise<void> {
    const topics = wanted.map((settings) => ({
      name: settings.name,
      key: settings.key,
      cleanup: settings.cleanup,
      retentionMs: settings.retentionMs,
      partitionCount: settings.partitions ?? partitions,
    }));
    const mismatch = await this.#storage.transaction(() => {
      const missing: TopicInfo[] = [];
      for (const topic of topics) {
        const bytes = this.#storage.get(TABLE, topic.name);
        const reason = refusal(topic, bytes && decode(bytes));
        if (reason) return reason;
        if (!bytes) missing.push(topic);
      }
      for (const topic of missing) this.#storage.put(TABLE, topic.name, encode(topic));
      return undefined;
    });
    if (mismatch) throw new LogError('TOPIC_MISMATCH', mismatch);
  }
}
