import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { whole } from '@order-flow/service-kit/flags';
import { port } from '../flags.js';
import { alone } from '../processes/directory-lock.js';
import { defaultStateDirectory } from '../endpoints-file.js';
import type { Server } from '../server.js';
import { bringDown, bringUp, endpoints } from './cluster.js';
import { installKafka } from './install.js';
import { portSpan } from './layout.js';
import { KAFKA_DEFAULTS, KAFKA_VERSIONS, type KafkaOptions } from './options.js';
import { kafkaStatus } from './status.js';

const brokers = new Option('--brokers <n>', '1, or 3 with three replicas of which two must have each record')
  .choices(['1', '3'])
  .default(KAFKA_DEFAULTS.brokers)
  .argParser((text): 1 | 3 => {
    if (text === '1' || text === '3') return text === '1' ? 1 : 3;
    throw new InvalidArgumentError('it is 1 or 3.');
  });

/** Apache Kafka from its published jars, brokers and controllers in the same processes (KRaft). */
export const kafkaServer: Server<KafkaOptions> = {
  name: 'kafka',
  stateDirectory: defaultStateDirectory('kafka'),
  declare: (command: Command) =>
    command
      .addOption(brokers)
      .addOption(
        new Option('--kafka-version <v>', 'to run').choices(KAFKA_VERSIONS).default(KAFKA_DEFAULTS.kafkaVersion),
      )
      .option('--port <n>', 'of the first broker, 0 for free ports', port(portSpan(3)), KAFKA_DEFAULTS.port)
      .option('--fresh', 'remove the data of earlier runs first', KAFKA_DEFAULTS.fresh)
      .option('--secure', 'also a listener with TLS and a password', KAFKA_DEFAULTS.secure)
      .option(
        '--rebalance-delay <ms>',
        'that a new group waits for more members',
        whole(0, 60_000),
        KAFKA_DEFAULTS.rebalanceDelay,
      )
      .option('--heap <mb>', 'of each broker', whole(128, 16_384), KAFKA_DEFAULTS.heap),
  install: ({ kafkaVersion }, say) => installKafka(kafkaVersion, say),
  up: (given, say) => {
    const options = { ...given, stateDir: resolve(given.stateDir) };
    return alone(options.stateDir, async () => endpoints(options.stateDir, await bringUp(options, say)));
  },
  down: (stateDirectory, say) => {
    const stateDir = resolve(stateDirectory);
    return alone(stateDir, () => bringDown(stateDir, say));
  },
  status: (stateDirectory) => kafkaStatus(resolve(stateDirectory)),
};
