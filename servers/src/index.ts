export { KAFKA_DEFAULTS, KAFKA_VERSIONS, type KafkaOptions, type KafkaVersion } from './kafka/options.js';
export { type RunningKafka, startKafka, type StartKafka } from './kafka/start-kafka.js';
export { type Endpoint, ServerError, type Say, type Value, type Variables } from './server.js';
