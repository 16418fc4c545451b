import { randomUUID } from 'node:crypto';
import { openEmbeddedEventStore } from '../embedded-event-store.js';

/*
 * Appends from many writers at once and prints a line of JSON for each append that was acknowledged, until it is killed.
 * Argument: the store's directory.
 */
const WRITERS = 24;

export interface Acknowledged {
  readonly stream: string;
  readonly revision: number;
  readonly ids: readonly string[];
}

const store = await openEmbeddedEventStore({ path: process.argv[2] ?? '' });
await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));

async function write(writer: number): Promise<never> {
  for (let round = 0; ; round += 1) {
    const stream = `order-${writer}-${process.pid}-${round % 5}`;
    const append = randomUUID();
    const of = 1 + ((writer + round) % 4);
    const events = Array.from({ length: of }, (_, index) => ({
      id: randomUUID(),
      type: 'Appended',
      data: { append, index, of, filling: 'x'.repeat((round * 97) % 3_000) },
      metadata: { $correlationId: append, $causationId: append },
    }));
    const { revision } = await store.append(stream, events, 'any');
    const acknowledged: Acknowledged = { stream, revision, ids: events.map(({ id }) => id) };
    process.stdout.write(`${JSON.stringify(acknowledged)}\n`);
  }
}
