import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { EventStore, NewEvent } from '@order-flow/event-store';
import { openEmbeddedEventStore } from '@order-flow/event-store';

/** At a time, in all that appends. */
export const WRITERS = 64;
const EVENTS = 100_000;
const EVENT_BYTES = 300;
const CATCH_UPS = 3;

export interface EventStoreFigures {
  /** Appends of one event each, on disk before the next of the same writer begins. */
  readonly appendsPerSecond: number;
  /** Events of a catch-up subscription to everything, parsed. */
  readonly catchUpEventsPerSecond: number;
}

/** Measures the embedded event store in an empty directory: 64 writers, each with streams of ten events of 300 bytes. */
export async function benchEventStore(directory: string): Promise<EventStoreFigures> {
  const store = await openEmbeddedEventStore({ path: join(directory, 'event-store') });
  try {
    const appendsPerSecond = await rate(EVENTS, () => appendAll([store], EVENTS));
    const catchUps = [];
    for (let run = 0; run < CATCH_UPS; run += 1) catchUps.push(await rate(EVENTS, () => catchUp(store)));
    return { appendsPerSecond, catchUpEventsPerSecond: Math.max(...catchUps) };
  } finally {
    await store.close();
  }
}

/** So many events by 64 writers, each with streams of ten; the stores are dealt out to them. */
export async function appendAll(stores: readonly [EventStore, ...EventStore[]], events: number): Promise<void> {
  let left = events;
  const writer = async (store: EventStore = stores[0]): Promise<void> => {
    let stream = '';
    for (let revision = 0; left-- > 0; revision = (revision + 1) % 10) {
      if (revision === 0) stream = `order-${randomUUID()}`;
      await store.append(stream, [sampleEvent()], revision === 0 ? 'no-stream' : revision - 1);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, index) => writer(stores[index % stores.length])));
}

/** An event of about 300 bytes. */
export function sampleEvent(): NewEvent {
  const id = randomUUID();
  const note = 'x'.repeat(EVENT_BYTES - 200);
  return {
    id,
    type: 'OrderCreated',
    data: { orderId: id, note, total: { amount: 4200, currency: 'EUR' } },
    metadata: { $correlationId: id, $causationId: id },
  };
}

/** Everything there is, through a subscription. */
export async function catchUp(store: EventStore): Promise<void> {
  const done = new AbortController();
  for await (const { kind } of store.subscribeAll({ signal: done.signal })) if (kind === 'caught-up') done.abort();
}

/** Things done in a second. */
export async function rate(count: number, work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return Math.round((count * 1000) / (performance.now() - begin));
}
