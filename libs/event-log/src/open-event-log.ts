import { openEmbeddedEventLog } from './embedded-event-log.js';
import { kafkaSettings, type KafkaVariables } from './kafka/kafka-settings.js';
import { openKafkaEventLog } from './kafka/open-kafka-event-log.js';
import type { KafkaSettings } from './kafka/settings.js';
import { type EventLog, LogError } from './port.js';

function settingsOf(variables: KafkaVariables): KafkaSettings {
  try {
    return kafkaSettings(variables);
  } catch (error) {
    const message = `KAFKA_SSL names ${variables.KAFKA_SSL ?? ''}, which cannot be read: ${(error as Error).message}`;
    throw new LogError('LOG_REFUSED', message, { cause: error });
  }
}

/**
 * The event log that the environment names: Kafka when there are brokers, else the embedded log in the directory.
 * @throws LogError
 */
export async function openEventLog(
  variables: Omit<KafkaVariables, 'KAFKA_BROKERS'> & { readonly KAFKA_BROKERS?: string | undefined },
  directory: string,
): Promise<EventLog> {
  const { KAFKA_BROKERS } = variables;
  if (KAFKA_BROKERS === undefined) return openEmbeddedEventLog({ path: directory });
  return openKafkaEventLog(settingsOf({ ...variables, KAFKA_BROKERS }));
}
