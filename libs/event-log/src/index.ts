export { deadLetter, headersBefore, type Letterbox, originalOf, partsLeftOut, readOriginal } from './dead-letter.js';
export * from './embedded-event-log.js';
export { openKafkaEventLog } from './kafka/open-kafka-event-log.js';
export { kafkaSettings, type KafkaVariables } from './kafka/kafka-settings.js';
export type { KafkaSettings, SaslSettings } from './kafka/settings.js';
export * from './memory-event-log.js';
export * from './murmur2.js';
export { openEventLog } from './open-event-log.js';
export * from './port.js';
