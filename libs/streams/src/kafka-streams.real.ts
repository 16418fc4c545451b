import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { streamsConformance } from './conformance.contract.js';
import { changelogTopic } from './graph.js';
import { runTopology } from './runner.js';
import { bank, BANK_PARTITIONS, bankTopics, numberedEntries, produce } from './testing/bank.js';
import { auditBank, consumed } from './testing/bank-audit.js';
import { eventually } from './testing/eventually.js';
import { kafkaBrokers, openSettlingKafka } from './testing/kafka-brokers.js';
import { lmdbStates } from './testing/lmdb-states.js';
import { renamedLog } from './testing/renamed-log.js';

const brokers = kafkaBrokers();

streamsConformance('Kafka', async () => {
  const { state, close } = lmdbStates();
  const log = renamedLog(await openSettlingKafka(brokers), `${randomUUID().slice(0, 8)}.`);
  return { log, state, close: () => close(() => log.close()) };
});

it('a changelog that holds only a transaction that was given up is no state', async () => {
  const prefix = `${randomUUID().slice(0, 8)}.`;
  const log = renamedLog(await openSettlingKafka(brokers), prefix);
  const states = lmdbStates();
  const state = await states.state('a');
  try {
    await log.admin.ensureTopics(bankTopics, { partitions: BANK_PARTITIONS });
    const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
    const producer = kafka.producer({ transactionalId: `${prefix}given-up`, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    const topic = `${prefix}${changelogTopic(bank.name, 'accounts')}`;
    const messages = [0, 1, 2].map((partition) => ({
      partition,
      key: 'account-0',
      value: '{"balance":1,"entries":1}',
    }));
    for (const message of messages) await transaction.send({ topic, messages: [message] });
    await transaction.abort();
    await producer.disconnect();
    await produce(log, numberedEntries(0, 60));
    const stop = new AbortController();
    const failures: Error[] = [];
    const observer = { failed: (_: number, error: Error) => void failures.push(error) };
    const { done } = runTopology({ topology: bank, log, state, signal: stop.signal, observer });
    await eventually('all inputs consumed', () => consumed(log, bank), { within: 30_000 });
    stop.abort();
    await done;
    expect(failures).toEqual([]);
    await auditBank(log, state);
  } finally {
    await states.close(() => log.close());
  }
});
