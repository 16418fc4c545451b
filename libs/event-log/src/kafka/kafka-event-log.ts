import { LifeBound } from '../life-bound.js';
import {
  type EventLog,
  type GroupName,
  LogError,
  type LogAdmin,
  type LogWriter,
  type Offset,
  type OwnershipEpoch,
  type RecordBatch,
  type TopicName,
} from '../port.js';
import { kafkaAdmin } from './admin/kafka-admin.js';
import type { Committer } from './admin/kafka-groups.js';
import { KafkaConnection } from './connection.js';
import { joinKafkaGroup, type MemberObserver } from './group/join-kafka-group.js';
import type { KafkaMember } from './group/kafka-member.js';
import { readKafka } from './reading/read-kafka.js';
import { type KafkaSettings, type ResolvedKafkaSettings, resolveKafkaSettings } from './settings.js';
import { openKafkaWriter } from './writing/kafka-writer.js';

/** A Kafka cluster as the event log. Writers, readers and members have connections of their own. */
class KafkaEventLog implements EventLog {
  readonly admin: LogAdmin;
  readonly #life = new LifeBound();
  readonly #writers = new Set<LogWriter>();
  readonly #members = new Map<GroupName, Set<KafkaMember>>();
  #closing: Promise<void> | undefined;

  constructor(
    private readonly connection: KafkaConnection,
    private readonly settings: ResolvedKafkaSettings,
    private readonly clusterId: string,
  ) {
    this.admin = kafkaAdmin(connection, (group) => this.#committerOf(group));
  }

  async identity(): Promise<string> {
    return this.clusterId;
  }

  async openWriter(transactionalId: string): Promise<LogWriter> {
    this.#refuseIfClosed();
    const writer = await openKafkaWriter(this.settings, transactionalId);
    const close = (): Promise<void> => {
      this.#writers.delete(tracked);
      return writer.close();
    };
    const tracked: LogWriter = {
      async commit(batch) {
        try {
          return await writer.commit(batch);
        } catch (error) {
          await close();
          throw error;
        }
      },
      close,
    };
    this.#writers.add(tracked);
    if (this.#closing) await close();
    this.#refuseIfClosed();
    return tracked;
  }

  read(
    from: readonly Offset[],
    options: { readonly follow: boolean; readonly signal: AbortSignal; readonly maxRecords?: number },
  ): AsyncIterable<RecordBatch> {
    return this.#life.during(options.signal, (signal) => readKafka(this.settings, from, { ...options, signal }));
  }

  join(group: GroupName, topics: readonly TopicName[], signal: AbortSignal): AsyncIterable<OwnershipEpoch> {
    return this.#life.during(signal, (bound) =>
      joinKafkaGroup(this.settings, { group, topics }, this.#observer(), bound),
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#life.end();
    await Promise.all([...this.#writers].map((writer) => writer.close()));
    await this.connection.close();
  }

  #refuseIfClosed(): void {
    if (this.#closing) throw new LogError('LOG_UNAVAILABLE', 'the log is closed');
  }

  #observer(): MemberObserver {
    return {
      joined: (group, member) => {
        const members = this.#members.get(group) ?? new Set();
        this.#members.set(group, members.add(member));
      },
      left: (group, member) => void this.#members.get(group)?.delete(member),
      onLeaving: (leaving) => this.#life.awaits(leaving),
    };
  }

  #committerOf(group: GroupName): Committer | undefined {
    for (const { identity } of this.#members.get(group) ?? []) if (identity) return identity;
    return undefined;
  }
}

/** See `openKafkaEventLog`. */
export async function connectKafkaEventLog(settings: KafkaSettings): Promise<EventLog> {
  const resolved = resolveKafkaSettings(settings);
  const connection = new KafkaConnection(resolved);
  try {
    await connection.open();
    const { clusterId } = await connection.metadata();
    if (!clusterId)
      throw new LogError('LOG_UNAVAILABLE', 'the Kafka cluster tells no id; Kafka 0.10.1 or later is needed');
    return new KafkaEventLog(connection, resolved, clusterId);
  } catch (error) {
    await connection.close();
    throw error;
  }
}
