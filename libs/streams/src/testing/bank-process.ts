import { openEmbeddedEventLog } from '@order-flow/event-log';
import { lmdbState } from '../lmdb-state.js';
import { runTopology } from '../runner.js';
import { bank } from './bank.js';
import { hookedLog, hookedState } from './hooked-log.js';

/*
 * Runs the bank on the log and the state named by the arguments until SIGTERM, and prints a line at every step of a
 * commit, so that whoever watches can kill it at any of them.
 */
const [logPath = '', statePath = ''] = process.argv.slice(2);
const step = (name: string) => (): void => void process.stdout.write(`${name}\n`);

// What is read ahead of the disk is lost when the one who watches writes.
const log = await openEmbeddedEventLog({ path: logPath, calmMs: 0 });
const state = lmdbState(statePath);
const controller = new AbortController();
process.once('SIGTERM', () => controller.abort());

await runTopology({
  topology: bank,
  log: hookedLog(log, { beforeCommit: step('committing'), afterCommit: step('committed') }),
  state: hookedState(state, { beforeCommit: step('storing'), afterCommit: step('stored') }),
  signal: controller.signal,
  options: { commitRecords: 5, commitIntervalMs: 5, bufferRecords: 40 },
  observer: {
    failed: (slice, { message }, retryInMs) =>
      void process.stdout.write(`failed ${slice}, again in ${retryInMs} ms: ${message}\n`),
  },
}).done;
await state.close();
await log.close();
