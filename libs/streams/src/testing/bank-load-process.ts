import { setTimeout as delay } from 'node:timers/promises';
import { openEmbeddedEventLog } from '@order-flow/event-log';
import { numberedEntries, produce } from './bank.js';

/* Writes a number of entries of the bank to the log, a few at a time. Arguments: the log's directory, the number. */
const [path = '', count = '0'] = process.argv.slice(2);
const FEW = 5;

const log = await openEmbeddedEventLog({ path });
for (let from = 0; from < Number(count); from += FEW) {
  await produce(log, numberedEntries(from, from + FEW));
  await delay(Math.random() * 10);
}
await log.close();
