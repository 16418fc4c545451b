/*
 * What is used of kafkajs below its public interface, as version 2.2.4 has it; see kafkajs-internals.ts.
 */

export interface Encoder {
  writeInt8(value: number): Encoder;
  writeInt16(value: number): Encoder;
  writeInt32(value: number): Encoder;
  writeInt64(value: number | string): Encoder;
  writeBoolean(value: boolean): Encoder;
  writeString(value: string | null): Encoder;
  writeUVarInt(value: number): Encoder;
  writeUVarIntString(value: string): Encoder;
  writeEncoder(value: Encoder): Encoder;
  readonly buffer: Buffer;
}

export interface Decoder {
  readInt8(): number;
  readInt16(): number;
  readInt32(): number;
  readInt64(): bigint;
  readString(): string | null;
  readUVarInt(): number;
  readUVarIntString(): string | null;
  readBytes(length?: number): Buffer | null;
  readArray<T>(read: (decoder: Decoder) => T): T[];
}

/** What a request is encoded to. */
export interface Payload {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

export interface ProtocolRequest<Answer> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    encode(): Promise<Payload>;
  };
  readonly response: {
    decode(raw: Buffer): Promise<Answer>;
    parse(answer: Answer): Promise<Answer>;
  };
  /** Milliseconds; only counts when it is longer than the connection's. */
  readonly requestTimeout?: number;
}

interface TopicPartitions<P> {
  readonly topic: string;
  readonly partitions: readonly P[];
}

export interface JoinedGroup {
  readonly generationId: number;
  readonly leaderId: string;
  readonly memberId: string;
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
}

export interface Connection {
  readonly socket?: { destroy(): void };
  readonly requestQueue: { destroy(): void };
  connectionStatus: string;
  authenticatedAt: unknown;
  connect: () => Promise<unknown>;
  rejectRequests(error: Error): void;
}

interface GroupMembership {
  readonly groupId: string;
  readonly memberId: string;
}

interface Producer {
  readonly transactionalId: string;
  readonly producerId: string;
  readonly producerEpoch: number;
}

/** The requests that are used as kafkajs codes them. */
export interface Broker {
  readonly nodeId: number | null;
  readonly connectionPool: {
    readonly pool: readonly Connection[];
    send<Answer>(request: ProtocolRequest<Answer>): Promise<Answer>;
  };
  lookupRequest(apiKey: number, definition: unknown): (options: object) => ProtocolRequest<never>;
  connect: () => Promise<void>;
  metadata: (topics: readonly string[]) => Promise<ClusterMetadata>;
  findGroupCoordinator(options: { groupId: string; coordinatorType: number }): Promise<{
    readonly coordinator: { readonly nodeId: number };
  }>;
  heartbeat(options: GroupMembership & { groupGenerationId: number }): Promise<unknown>;
  leaveGroup(options: GroupMembership): Promise<unknown>;
  syncGroup(
    options: GroupMembership & {
      generationId: number;
      groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[];
    },
  ): Promise<{ readonly memberAssignment: Buffer }>;
  listOffsets(options: {
    isolationLevel: number;
    topics: readonly TopicPartitions<{ readonly partition: number; readonly timestamp: number }>[];
  }): Promise<{
    readonly responses: readonly TopicPartitions<{ readonly partition: number; readonly offset: string }>[];
  }>;
  initProducerId(options: { transactionalId: string; transactionTimeout: number }): Promise<{
    readonly producerId: string;
    readonly producerEpoch: number;
  }>;
  addPartitionsToTxn(options: Producer & { topics: readonly TopicPartitions<number>[] }): Promise<unknown>;
  addOffsetsToTxn(options: Producer & { groupId: string }): Promise<unknown>;
  txnOffsetCommit(options: Producer & { groupId: string; topics: readonly CommitTopic[] }): Promise<unknown>;
  endTxn(options: Producer & { transactionResult: boolean }): Promise<unknown>;
  offsetCommit(
    options: GroupMembership & { groupGenerationId: number; retentionTime: number; topics: readonly CommitTopic[] },
  ): Promise<unknown>;
  describeConfigs(options: { resources: readonly ConfigResource[] }): Promise<{
    readonly resources: readonly {
      readonly resourceName: string;
      readonly configEntries: readonly { readonly configName: string; readonly configValue: string | null }[];
    }[];
  }>;
  createTopics(options: { topics: readonly NewTopic[]; timeout: number }): Promise<unknown>;
  deleteRecords(options: {
    topics: readonly TopicPartitions<{ readonly partition: number; readonly offset: string }>[];
  }): Promise<unknown>;
  listGroups(): Promise<{ readonly groups: readonly { readonly groupId: string }[] }>;
  describeGroups(options: { groupIds: readonly string[] }): Promise<{
    readonly groups: readonly {
      readonly members: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[];
    }[];
  }>;
}

export type CommitTopic = TopicPartitions<{
  readonly partition: number;
  readonly offset: string;
  readonly metadata: string | null;
}>;

interface ConfigResource {
  readonly type: number;
  readonly name: string;
  readonly configNames: readonly string[];
}

export interface NewTopic {
  readonly topic: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly configEntries: readonly { readonly name: string; readonly value: string }[];
}

export interface TopicMetadata {
  readonly topic: string;
  readonly topicErrorCode: number;
  readonly isInternal: boolean;
  readonly partitionMetadata: readonly {
    readonly partitionId: number;
    readonly partitionErrorCode: number;
    readonly leader: number;
  }[];
}

export interface ClusterMetadata {
  readonly clusterId: string | null;
  readonly controllerId: number;
  readonly topicMetadata: readonly TopicMetadata[];
}

export interface Cluster {
  readonly targetTopics: Set<string>;
  readonly brokerPool: {
    readonly brokers: Readonly<Record<string, Broker>>;
    readonly seedBroker?: Broker;
    readonly metadata: ClusterMetadata | null;
    createBroker: (options: object) => Broker;
    /** Takes the next of the brokers that were named to begin with. */
    createSeedBroker: () => Promise<void>;
  };
  connect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  findBroker(options: { nodeId: string }): Promise<Broker>;
  getNodeIds(): string[];
}

export interface ClusterOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: object | boolean;
  readonly sasl?: object;
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
}
