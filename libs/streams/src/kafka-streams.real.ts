import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streamsConformance } from './conformance.contract.js';
import { lmdbState } from './lmdb-state.js';
import type { StateBackend } from './state.js';
import { expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { runTopology } from './runner.js';
import { bank, BANK_PARTITIONS, bankTopics, numberedEntries, produce } from './testing/bank.js';
import { auditBank, consumed } from './testing/bank-audit.js';
import { eventually } from './testing/eventually.js';
import { changelogTopic } from './graph.js';
import { kafkaBrokers, openSettlingKafka } from './testing/kafka-brokers.js';
import { renamedLog } from './testing/renamed-log.js';

const brokers = kafkaBrokers();

streamsConformance('Kafka', async () => {
  const path = mkdtempSync(join(tmpdir(), 'streams-kafka-'));
  const kafka = await openSettlingKafka(brokers);
  const states = new Map<string, StateBackend>();
  return {
    log: renamedLog(kafka, `${randomUUID().slice(0, 8)}.`),
    state: async (name) => {
      await states.get(name)?.close();
      const state = lmdbState(join(path, name));
      states.set(name, state);
      return state;
    },
    close: async () => {
      for (const state of states.values()) await state.close();
      await kafka.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
});

it('a changelog that holds only a transaction that was given up is no state', async () => {
  const prefix = `${randomUUID().slice(0, 8)}.`;
  const log = renamedLog(await openSettlingKafka(brokers), prefix);
  const path = mkdtempSync(join(tmpdir(), 'streams-kafka-'));
  const state = lmdbState(path);
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
    await state.close();
    await log.close();
    rmSync(path, { recursive: true, force: true });
  }
});
