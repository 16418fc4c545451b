import { join } from 'node:path';
import { cacheDirectory } from '../processes/cache.js';
import { type Artifact, installJars } from '../processes/install-jars.js';
import type { Say } from '../server.js';
import type { KafkaVersion } from './options.js';

/** What writes the broker's log: 3.9 still logs through log4j 1's interface, 4 through log4j 2. */
const logging = (version: KafkaVersion): Artifact =>
  version.startsWith('3.')
    ? { group: 'org.slf4j', name: 'slf4j-reload4j', version: '1.7.36' }
    : { group: 'org.apache.logging.log4j', name: 'log4j-slf4j-impl', version: '2.25.4' };

/** The broker, and what it logs through. */
export const brokerArtifacts = (version: KafkaVersion): readonly Artifact[] => [
  { group: 'org.apache.kafka', name: 'kafka_2.13', version },
  logging(version),
];

/** Where a version's jars are once they are installed. */
export const jarDirectory = (version: KafkaVersion, cache = cacheDirectory()): string =>
  join(cache, `kafka-${version}`);

/** Fetches the broker's jars unless they are in the cache. @throws ServerError when Maven is missing or fails */
export const installKafka = (version: KafkaVersion, say: Say, cache = cacheDirectory()): Promise<void> =>
  installJars(`Kafka ${version}`, brokerArtifacts(version), jarDirectory(version, cache), say);
