import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streamsConformance } from './conformance.contract.js';
import { lmdbState } from './lmdb-state.js';
import type { StateBackend } from './state.js';
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
