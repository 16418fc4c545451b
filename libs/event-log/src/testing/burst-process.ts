import { openMemoryEventLog } from '../memory-event-log.js';

/** Reads and joins many times by one signal, and prints what Node warns of. */
const MANY = 40;
process.on('warning', ({ name, message }) => console.log(`warning ${name}: ${message}`));

const log = await openMemoryEventLog();
const stop = new AbortController();
await log.admin.ensureTopics([{ name: 'input', key: 'k', cleanup: 'delete', retentionMs: -1 }], { partitions: 1 });
const writer = await log.openWriter('writer');
await writer.commit({ records: [{ topic: 'input', key: 'k', value: null, timestamp: 1 }] });

const readers = Array.from({ length: MANY }, async (_, number) => {
  const records = log.read([{ topic: 'input', partition: 0, offset: 0 }], { follow: true, signal: stop.signal });
  const epochs = log.join(`group-${number}`, ['input'], stop.signal);
  const begun = [records, epochs].map((iterable) => iterable[Symbol.asyncIterator]());
  return Promise.all(begun.map(async (iterator) => ((await iterator.next()).done ? 0 : 1)));
});
const begun = (await Promise.all(readers)).flat().reduce((sum: number, one) => sum + one, 0);
stop.abort();
await log.close();
// Warnings come a turn later.
setImmediate(() => console.log(`begun ${begun}`));
