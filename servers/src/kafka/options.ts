/** Versions that are installed and tested: the newest of each of the two lines in use. */
export const KAFKA_VERSIONS = ['4.3.1', '3.9.2'] as const;
export type KafkaVersion = (typeof KAFKA_VERSIONS)[number];

/** What is asked of a cluster. */
export interface KafkaOptions {
  /** With 3, topics have three replicas of which two must have each record. */
  readonly brokers: 1 | 3;
  readonly kafkaVersion: KafkaVersion;
  /** Of the first broker, the next brokers take the next ones; 0 for free ports. */
  readonly port: number;
  /** Absolute. Data, pid files, logs, credentials. */
  readonly stateDir: string;
  /** Whether earlier data are removed first. */
  readonly fresh: boolean;
  /** Whether there is also a listener with TLS and a password. */
  readonly secure: boolean;
  /** Milliseconds that a new group waits for more members before its first assignment. */
  readonly rebalanceDelay: number;
  /** Megabytes of a broker's heap. */
  readonly heap: number;
}

export const KAFKA_DEFAULTS = {
  brokers: 1,
  kafkaVersion: '4.3.1',
  port: 19_092,
  fresh: false,
  secure: false,
  rebalanceDelay: 0,
  heap: 384,
} as const satisfies Omit<KafkaOptions, 'stateDir'>;
