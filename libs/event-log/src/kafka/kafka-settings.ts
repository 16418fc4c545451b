import { readFileSync } from 'node:fs';
import type { KafkaSettings, SaslSettings } from './settings.js';

/** The environment variables that say how to reach Kafka, as validated configuration gives them. */
export interface KafkaVariables {
  /** `host:port,host:port` */
  readonly KAFKA_BROKERS: string;
  /** `true`, or the path of the certificate authorities to trust. */
  readonly KAFKA_SSL?: string | undefined;
  readonly KAFKA_SASL_MECHANISM?: SaslSettings['mechanism'] | undefined;
  readonly KAFKA_SASL_USERNAME?: string | undefined;
  readonly KAFKA_SASL_PASSWORD?: string | undefined;
  readonly KAFKA_REPLICATION_FACTOR?: number | undefined;
}

const sslOf = (value: string): NonNullable<KafkaSettings['ssl']> => value === 'true' || { ca: readFileSync(value) };

/** @throws Error of the file system when the authorities cannot be read */
export function kafkaSettings(variables: KafkaVariables): KafkaSettings {
  const { KAFKA_SSL: ssl, KAFKA_SASL_MECHANISM: mechanism, KAFKA_REPLICATION_FACTOR: replicationFactor } = variables;
  const { KAFKA_SASL_USERNAME: username = '', KAFKA_SASL_PASSWORD: password = '' } = variables;
  return {
    brokers: variables.KAFKA_BROKERS.split(','),
    ...(ssl === undefined || ssl === 'false' ? {} : { ssl: sslOf(ssl) }),
    ...(mechanism === undefined ? {} : { sasl: { mechanism, username, password } }),
    ...(replicationFactor === undefined ? {} : { replicationFactor }),
  };
}
