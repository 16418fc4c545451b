import type { ConnectionOptions } from 'node:tls';

/** How to reach a Kafka cluster, and how patient to be with it. */
export interface KafkaSettings {
  /** `host:port`, any of the cluster's. */
  readonly brokers: readonly string[];
  readonly clientId?: string;
  /** true, or what `tls.connect` takes (`ca`, …). */
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: SaslSettings;
  /** Of topics that are made; the brokers' default when it is not given. */
  readonly replicationFactor?: number;
  /** Milliseconds without an answered heartbeat after which a member has left its groups. */
  readonly sessionTimeout?: number;
  readonly heartbeatInterval?: number;
  /** Milliseconds after which the coordinator gives up a transaction whose writer is silent. */
  readonly transactionTimeout?: number;
  /** Milliseconds to wait for an answer, at most 10,000. */
  readonly requestTimeout?: number;
  readonly connectionTimeout?: number;
  /** Milliseconds during which opening the log, a writer or an administrative request is tried again. */
  readonly patience?: number;
}

export interface SaslSettings {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export type ResolvedKafkaSettings = Required<Omit<KafkaSettings, 'ssl' | 'sasl' | 'replicationFactor'>> &
  Pick<KafkaSettings, 'ssl' | 'sasl' | 'replicationFactor'>;

export const DEFAULT_KAFKA_SETTINGS = {
  clientId: 'order-flow',
  sessionTimeout: 10_000,
  heartbeatInterval: 3_000,
  transactionTimeout: 15_000,
  requestTimeout: 8_000,
  connectionTimeout: 2_000,
  patience: 20_000,
};

export const resolveKafkaSettings = (settings: KafkaSettings): ResolvedKafkaSettings => ({
  ...DEFAULT_KAFKA_SETTINGS,
  ...settings,
});
