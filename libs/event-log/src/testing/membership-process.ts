import { openEmbeddedEventLog } from '../embedded-event-log.js';

/** Joins the group and prints the slices of each epoch, and what it reads there, until it is killed. */
const [path = '', group = ''] = process.argv.slice(2);
const log = await openEmbeddedEventLog({ path, heartbeatIntervalMs: 100, sessionTimeoutMs: 600, pollIntervalMs: 20 });
setInterval(() => undefined, 1_000);

async function report(values: AsyncIterable<{ records: readonly { value: Buffer | null }[] }>): Promise<void> {
  for await (const { records } of values) {
    for (const { value } of records) process.stdout.write(`read ${value?.toString() ?? 'null'}\n`);
  }
}

for await (const epoch of log.join(group, ['input'], new AbortController().signal)) {
  process.stdout.write(`epoch ${epoch.slices.join(',')}\n`);
  void report(epoch.read(epoch.slices.map((partition) => ({ topic: 'input', partition, offset: 0 }))));
}
