import { afterAll, beforeAll } from '@jest/globals';
import { type RunningKafka, startKafka } from '@order-flow/servers';
import { kafkaContract } from '../testing/kafka-contract.js';

// The last brokers that know only the first version of the protocol for transactions.
let kafka: RunningKafka;
beforeAll(async () => {
  kafka = await startKafka({ kafkaVersion: '3.9.2' });
}, 300_000);
afterAll(() => kafka.down());

kafkaContract('Kafka 3.9', () => kafka.brokers.split(','));
