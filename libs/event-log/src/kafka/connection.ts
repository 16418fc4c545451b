import { LogError, type TopicName, type TopicPartition } from '../port.js';
import { isUnanswered, isUntrusted, logErrorOf, rootOf } from './protocol/failures.js';
import {
  type Broker,
  type Cluster,
  createErrorFromCode,
  cut,
  newCluster,
  type ProtocolRequest,
} from './protocol/kafkajs-internals.js';
import { metadataRequest } from './protocol/metadata-request.js';
import { answered, persist } from './protocol/persistence.js';
import type { ResolvedKafkaSettings } from './settings.js';

const COORDINATOR_TYPES = { group: 0, transaction: 1 };
/** Milliseconds that the guard against lost requests waits beyond the client's own time-out. */
const GRACE = 2_000;

/** Everything that uses brokers has a connection of its own: a broker answers one request per connection at a time. */
export class KafkaConnection {
  readonly #cluster: Cluster;
  readonly #coordinators = new Map<string, number>();
  /** The topics that every refreshment asks for since they were found: one that only an answer about others held may go with the next. */
  readonly #kept = new Set<TopicName>();
  /** How many look for a topic at present. */
  readonly #sought = new Map<TopicName, number>();
  #closed = false;

  constructor(readonly settings: ResolvedKafkaSettings) {
    const { brokers, clientId, ssl, sasl, connectionTimeout, requestTimeout } = settings;
    // kafkajs keeps state in what it is given for SASL.
    const security = { ...(ssl === undefined ? {} : { ssl }), ...(sasl === undefined ? {} : { sasl: { ...sasl } }) };
    this.#cluster = newCluster({ brokers, clientId, connectionTimeout, requestTimeout, ...security }, metadataRequest);
  }

  /**
   * Reaches a broker and learns who leads what, trying again for a while.
   * @param topics the ones of interest
   * @throws LogError LOG_UNAVAILABLE, LOG_REFUSED, UNKNOWN_TOPIC
   */
  async open(topics: readonly TopicName[] = [], signal?: AbortSignal): Promise<void> {
    const how = { within: this.settings.patience, retry: isUnanswered, ...(signal ? { signal } : {}) };
    try {
      await persist(() => (topics.length > 0 ? this.know(topics) : this.refresh()), how);
    } catch (error) {
      throw error instanceof LogError ? error : this.explained(error);
    }
  }

  /** Learns anew who leads what. */
  async refresh(): Promise<void> {
    if (this.#closed) throw new LogError('LOG_UNAVAILABLE', 'the connection is closed');
    await this.#ask(this.#cluster.connect(), 'connecting');
    await this.#ask(this.#cluster.refreshMetadata(), 'Metadata');
  }

  /** Makes sure that the topics' leaders are known, and stay so. @throws LogError UNKNOWN_TOPIC, LOG_REFUSED, LOG_UNAVAILABLE */
  async know(topics: Iterable<TopicName>): Promise<void> {
    const missing = [...topics].filter((topic) => !this.#kept.has(topic) || this.partitionCount(topic) === 0);
    if (missing.length === 0) return;
    for (const topic of missing) this.#seek(topic);
    try {
      await this.refresh();
      // A refreshment that was under way did not ask for these topics; one that begins now does. That a topic was not there
      // when it was last asked for says nothing of now.
      if (missing.some((topic) => this.partitionCount(topic) === 0)) await this.refresh();
      for (const topic of missing) {
        if (this.partitionCount(topic) === 0) throw this.#unknown(topic);
        this.#kept.add(topic);
      }
    } finally {
      for (const topic of missing) this.#unseek(topic);
    }
  }

  /** 0 for a topic that is not known here. */
  partitionCount(topic: TopicName): number {
    return this.#found(topic)?.partitionMetadata.length ?? 0;
  }

  /** The node that leads the partition, as known here; '-1' for none at present. @throws LogError UNKNOWN_TOPIC */
  leaderOf({ topic, partition }: TopicPartition): string {
    const partitions = this.#found(topic)?.partitionMetadata ?? [];
    const found = partitions.find(({ partitionId }) => partitionId === partition);
    if (found) return String(found.leader);
    const message =
      partitions.length === 0
        ? `there is no topic ${topic}`
        : `${topic} has ${partitions.length} partitions; there is no ${partition}`;
    throw new LogError('UNKNOWN_TOPIC', message);
  }

  nodes(): readonly string[] {
    return this.#cluster.getNodeIds();
  }

  node(nodeId: string): Promise<Broker> {
    if (this.#closed) return Promise.reject(new LogError('LOG_UNAVAILABLE', 'the connection is closed'));
    return this.#ask(this.#cluster.findBroker({ nodeId }), `connecting to broker ${nodeId}`);
  }

  /** The broker that makes topics, as last told. */
  async controller(): Promise<Broker> {
    const id = String(this.#cluster.brokerPool.metadata?.controllerId);
    return this.nodes().includes(id) ? this.node(id) : this.anyNode();
  }

  /** Any broker that can be reached. */
  async anyNode(): Promise<Broker> {
    let failure: unknown;
    for (const nodeId of this.nodes()) {
      try {
        return await this.node(nodeId);
      } catch (error) {
        failure = error;
      }
    }
    await this.refresh();
    const [nodeId] = this.nodes();
    if (nodeId === undefined) throw logErrorOf(failure ?? 'no broker is known', 'connecting');
    return this.node(nodeId);
  }

  /** The broker that coordinates a group or a transactional id; found once, until it is forgotten. */
  async coordinator(kind: 'group' | 'transaction', key: string): Promise<Broker> {
    const name = `${kind} ${key}`;
    const known = this.#coordinators.get(name);
    if (known !== undefined) return this.node(String(known));
    const guide = await this.anyNode();
    const found = await this.ask(
      guide,
      guide.findGroupCoordinator({ groupId: key, coordinatorType: COORDINATOR_TYPES[kind] }),
      'FindCoordinator',
    );
    const { nodeId } = found.coordinator;
    if (!this.nodes().includes(String(nodeId))) await this.refresh();
    const broker = await this.node(String(nodeId));
    this.#coordinators.set(name, nodeId);
    return broker;
  }

  forgetCoordinators(): void {
    this.#coordinators.clear();
  }

  send<Answer>(broker: Broker, request: ProtocolRequest<Answer>): Promise<Answer> {
    return this.ask(broker, broker.connectionPool.send(request), request.request.apiName, request.requestTimeout);
  }

  /** Waits for an answer; a broker that owes one too long loses its connections, so that the next try begins anew. */
  async ask<Answer>(broker: Broker, asked: Promise<Answer>, what: string, longer = 0): Promise<Answer> {
    try {
      return await this.#ask(asked, what, longer);
    } catch (error) {
      const { name } = rootOf(error);
      if (name === 'KafkaJSRequestTimeoutError' || name === 'NoAnswer') cut(broker, false);
      throw error;
    }
  }

  /** What the cluster says of its topics, of all when none are named. */
  async metadata(topics: readonly TopicName[] = [], broker?: Broker) {
    const asked = broker ?? (await this.anyNode());
    return this.send(asked, metadataRequest(topics));
  }

  /** Why there is no answer, with the remedy. */
  explained(error: unknown): LogError {
    const { brokers, sasl } = this.settings;
    const root = rootOf(error);
    const mapped = logErrorOf(error, `Kafka at ${brokers.join(', ')}`);
    if (isUntrusted(error)) {
      const message = `Kafka at ${brokers.join(', ')} cannot be trusted: ${root.message}`;
      return new LogError('LOG_REFUSED', `${message}; KAFKA_SSL names the file of the authorities to trust`, {
        cause: error,
      });
    }
    if (mapped.code === 'LOG_REFUSED' && sasl) {
      const message = `Kafka at ${brokers.join(', ')} refuses ${sasl.mechanism} for user '${sasl.username}'`;
      return new LogError('LOG_REFUSED', `${message}; check KAFKA_SASL_*`, { cause: error });
    }
    if (mapped.code !== 'LOG_UNAVAILABLE') return mapped;
    const message = `Kafka at ${brokers.join(', ')} cannot be reached: ${root.message}`;
    // so it looks when one side speaks TLS, or asks for a password, and the other does not
    const misunderstood = /closed connection|disconnected|TLS|SSL/i.test(root.message);
    const remedy = misunderstood
      ? 'check KAFKA_BROKERS, KAFKA_SSL and KAFKA_SASL_*'
      : 'start it, or correct KAFKA_BROKERS';
    return new LogError('LOG_UNAVAILABLE', `${message}; ${remedy}`, { cause: error });
  }

  /** Ends all connections for good; requests that wait are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const broker of this.#brokers()) cut(broker, true);
  }

  /** Ends all connections; what is asked next opens new ones. */
  drop(): void {
    for (const broker of this.#brokers()) cut(broker, false);
    this.forgetCoordinators();
  }

  #brokers(): Set<Broker> {
    const { brokers, seedBroker } = this.#cluster.brokerPool;
    return new Set([...Object.values(brokers), ...(seedBroker ? [seedBroker] : [])]);
  }

  #found(topic: TopicName) {
    return this.#cluster.brokerPool.metadata?.topicMetadata.find((one) => one.topic === topic);
  }

  #seek(topic: TopicName): void {
    this.#sought.set(topic, (this.#sought.get(topic) ?? 0) + 1);
    this.#cluster.targetTopics.add(topic);
  }

  /** What nobody found, and nobody looks for any more, is not asked for for ever. */
  #unseek(topic: TopicName): void {
    const others = (this.#sought.get(topic) ?? 1) - 1;
    if (others > 0) return void this.#sought.set(topic, others);
    this.#sought.delete(topic);
    if (this.partitionCount(topic) > 0) return;
    this.#kept.delete(topic);
    this.#cluster.targetTopics.delete(topic);
  }

  #unknown(topic: TopicName): LogError {
    const code = this.#found(topic)?.topicErrorCode ?? 0;
    if (code === 0) return new LogError('UNKNOWN_TOPIC', `there is no topic ${topic}`);
    return logErrorOf(createErrorFromCode(code), topic);
  }

  #ask<Answer>(asked: Promise<Answer>, what: string, longer = 0): Promise<Answer> {
    return answered(asked, Math.max(this.settings.requestTimeout, longer) + GRACE, what);
  }
}
