import { randomUUID } from 'node:crypto';
import { EventStoreError } from '../../port.js';
import type { EventStore } from '../../port.js';
import { openEmbeddedEventStore } from '../embedded-event-store.js';

/*
 * Appends to a stream that other processes append to as well, each time after the last revision it has read, and prints
 * the store's identity at the end. Arguments: the store's directory, the stream, how many appends must succeed.
 */
const [, , path = '', stream = '', count = '0'] = process.argv;
const store = await openEmbeddedEventStore({ path });
for (let appended = 0; appended < Number(count);) if (await appendAfterLast(store)) appended += 1;
process.stdout.write(await store.identity());
await store.close();

async function appendAfterLast(to: EventStore): Promise<boolean> {
  let last: number | 'no-stream' = 'no-stream';
  for await (const { revision } of to.readStream(stream, { direction: 'backwards', limit: 1 })) last = revision;
  const id = randomUUID();
  const metadata = { $correlationId: id, $causationId: id };
  try {
    await to.append(stream, [{ id, type: 'Counted', data: { pid: process.pid }, metadata }], last);
    return true;
  } catch (error) {
    if (error instanceof EventStoreError && error.code === 'WRONG_EXPECTED_REVISION') return false;
    throw error;
  }
}
