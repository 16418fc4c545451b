import { openKafkaEventLog } from '@order-flow/event-log';
import { lmdbState } from '../lmdb-state.js';
import { runTopology } from '../runner.js';
import { bank } from '../testing/bank.js';
import { renamedLog } from '../testing/renamed-log.js';
import { type Mutation, mutated } from './mutations.js';

/*
 * One member of the bank's group: runs until SIGTERM. Arguments: brokers, prefix of names, directory of local state, and
 * for the mutation check what is made wrong.
 */
const [brokers = '', prefix = '', statePath = '', mutation = 'none'] = process.argv.slice(2);

const kafka = await openKafkaEventLog({
  brokers: brokers.split(','),
  sessionTimeout: 6_000,
  heartbeatInterval: 1_000,
  // A coordinator that is away for a while is no reason to give up.
  patience: 60_000,
});
const log = mutated(renamedLog(kafka, prefix), mutation as Mutation, brokers.split(','), prefix);
const state = lmdbState(statePath);
const controller = new AbortController();
process.once('SIGTERM', () => controller.abort());

await runTopology({
  topology: bank,
  log,
  state,
  signal: controller.signal,
  // The audit folds repartition topics from their beginning: nothing is trimmed.
  options: { commitRecords: 50, commitIntervalMs: 20, bufferRecords: 300, trimIntervalMs: Infinity },
  observer: {
    running: (slice) => void process.stdout.write(`running ${slice}\n`),
    failed: (slice, error) => void process.stdout.write(`failed ${slice}: ${error.name} ${error.message}\n`),
  },
}).done;
await state.close();
await kafka.close();
