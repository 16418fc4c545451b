import { randomUUID } from 'node:crypto';
import { EventStoreError } from '../../port.js';
import { openEmbeddedEventStore } from '../embedded-event-store.js';
import type { Acknowledged } from './append-until-killed.js';

/*
 * Appends from several writers until each has been refused a few times, then reads once more, and prints what was
 * acknowledged, the codes of the refusals, and how many events it read. Argument: the store's directory.
 */
const WRITERS = 8;
const REFUSALS = 3;

export interface Outcome {
  readonly acknowledged: readonly Acknowledged[];
  readonly codes: readonly string[];
  readonly read: number;
}

const acknowledged: Acknowledged[] = [];
const codes: string[] = [];
const store = await openEmbeddedEventStore({ path: process.argv[2] ?? '' });
await Promise.all(Array.from({ length: WRITERS }, (_, writer) => writeUntilRefused(`order-${writer}`)));
let read = 0;
for await (const { position } of store.readAll()) read = Number(position);
await store.close();
process.stdout.write(JSON.stringify({ acknowledged, codes, read } satisfies Outcome));

async function writeUntilRefused(stream: string): Promise<void> {
  for (let refused = 0; refused < REFUSALS;) {
    const id = (): string => randomUUID();
    const metadata = { $correlationId: stream, $causationId: stream };
    const events = [id(), id(), id()].map((one) => ({ id: one, type: 'Appended', data: 'x'.repeat(5_000), metadata }));
    try {
      const { revision } = await store.append(stream, events, 'any');
      acknowledged.push({ stream, revision, ids: events.map((event) => event.id) });
    } catch (error) {
      refused += 1;
      codes.push(error instanceof EventStoreError ? error.code : String(error));
    }
  }
}
