import { eventstoredb } from './eventstoredb/eventstoredb.js';
import { kafkaServer } from './kafka/kafka-server.js';
import { mongodb } from './mongodb/mongodb.js';
import { oneProcessServer } from './one-process/one-process-server.js';
import { redis } from './redis/redis.js';
import type { AnyServer } from './server.js';

/** All servers of the tool, in the order in which they are brought up. */
export const servers: readonly AnyServer[] = [
  kafkaServer,
  oneProcessServer(eventstoredb),
  oneProcessServer(mongodb),
  oneProcessServer(redis),
];
