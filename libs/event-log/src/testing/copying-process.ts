import { openEmbeddedEventLog } from '../embedded-event-log.js';
import type { NewRecord } from '../port.js';

/** Copies `input` to `output`, each batch in one transaction with its consumed offset, until it is killed. */
const [path = ''] = process.argv.slice(2);
const log = await openEmbeddedEventLog({ path });
const never = new AbortController().signal;

for await (const epoch of log.join('copier', ['input'], never)) {
  const writer = await log.openWriter('copier');
  const committed = await log.admin.committed('copier');
  const from = epoch.slices.map((partition) => ({
    topic: 'input',
    partition,
    offset: committed.find((offset) => offset.partition === partition)?.offset ?? 0,
  }));
  process.stdout.write('working\n');
  // An unsettled read keeps no process alive.
  setInterval(() => undefined, 1_000);
  const { signal } = epoch;
  for await (const batch of boundedBatches(epoch.read(from))) {
    if (signal.aborted) break;
    const records: NewRecord[] = batch.records.map(({ partition, key, value, timestamp }) => ({
      topic: 'output',
      partition,
      key,
      value,
      timestamp,
    }));
    const offsets = [{ topic: 'input', partition: batch.partition, offset: batch.nextOffset }];
    await writer.commit({ records, consumed: { group: 'copier', offsets } });
  }
}

/** Smaller transactions are more chances to be killed in one. */
async function* boundedBatches<Batch extends { records: readonly { offset: number }[]; nextOffset: number }>(
  batches: AsyncIterable<Batch>,
): AsyncIterable<Batch> {
  for await (const batch of batches) {
    for (let at = 0; at < batch.records.length; at += 7) {
      const records = batch.records.slice(at, at + 7);
      const last = records.at(-1)?.offset ?? 0;
      yield { ...batch, records, nextOffset: last + 1 };
    }
  }
}
