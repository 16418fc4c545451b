export { runningEndpoints } from './endpoints-file.js';
export { type RunningEventStore, startEventStore } from './eventstoredb/start-event-store.js';
export { KAFKA_DEFAULTS, KAFKA_VERSIONS, type KafkaOptions, type KafkaVersion } from './kafka/options.js';
export { type RunningKafka, startKafka, type StartKafka } from './kafka/start-kafka.js';
export { type RunningMongo, startMongo } from './mongodb/start-mongo.js';
export type { StartOneProcess } from './one-process/start-one-process.js';
export { type RunningRedis, startRedis } from './redis/start-redis.js';
export { freePorts } from './processes/ports.js';
export { type Endpoint, ServerError, type Say, type Value, type Variables } from './server.js';
