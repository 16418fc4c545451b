import type { EventLog } from '../port.js';
import type { KafkaSettings } from './settings.js';

/**
 * A Kafka cluster (2.5 or later) as the event log. The identity is the cluster's id. kafkajs is loaded by the first call only.
 * @throws LogError LOG_UNAVAILABLE when no broker answers for a while, LOG_REFUSED when it does not let us in
 */
export async function openKafkaEventLog(settings: KafkaSettings): Promise<EventLog> {
  const { connectKafkaEventLog } = await import('./kafka-event-log.js');
  return connectKafkaEventLog(settings);
}
