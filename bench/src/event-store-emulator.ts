import { randomUUID } from 'node:crypto';
import type { EventStore } from '@order-flow/event-store';
import { openEventStoreDb } from '@order-flow/event-store';
import { startEventStore } from '@order-flow/servers';
import { appendAll, catchUp, rate, sampleEvent, WRITERS } from './event-store.js';
import { medians } from './median.js';

const EVENTS = 20_000;
/** Of many connections, before any count: until both processes' code is compiled. */
const WARM_UPS = 2;
const SAMPLES = 300;

export interface EmulatorFigures {
  /** Appends of one event each, on disk before the next of the same writer begins. */
  readonly appendsPerSecond: number;
  /** Events of a catch-up subscription to everything, parsed. */
  readonly catchUpEventsPerSecond: number;
  /** Events of pages read in whole. */
  readonly readEventsPerSecond: number;
  /** Milliseconds from before an append to its delivery by a live subscription, one append at a time. */
  readonly appendToSubscriber: { readonly p50: number; readonly p99: number };
}

/** Measures the emulator, as a process of its own, through the EventStoreDB adapter in this one. */
export async function benchEmulator(): Promise<EmulatorFigures> {
  const emulator = await startEventStore();
  const store = await openEventStoreDb({ url: emulator.url });
  try {
    const appendsPerSecond = await rate(EVENTS, () => appendAll([store], EVENTS));
    const catchUpEventsPerSecond = await rate(EVENTS, () => catchUp(store));
    const readEventsPerSecond = await rate(EVENTS, () => readAll(store));
    return { appendsPerSecond, catchUpEventsPerSecond, readEventsPerSecond, appendToSubscriber: await latency(store) };
  } finally {
    await store.close();
    await emulator.down();
  }
}

/**
 * Appends of one event each by 64 writers, each with a connection of its own; by the second.
 * @param runs after the warm-up, on one emulator
 */
export async function benchConnections(runs: number): Promise<number> {
  const emulator = await startEventStore();
  const open = (): Promise<EventStore> => openEventStoreDb({ url: emulator.url });
  const others = Array.from({ length: WRITERS - 1 }, open);
  const stores = [await open(), ...(await Promise.all(others))] as const;
  const append = (): Promise<number> => rate(EVENTS, () => appendAll(stores, EVENTS));
  try {
    for (let warmUp = 0; warmUp < WARM_UPS; warmUp += 1) await append();
    return (await medians(runs, async () => ({ rate: await append() }))).rate;
  } finally {
    await Promise.all(stores.map((store) => store.close()));
    await emulator.down();
  }
}

async function readAll(store: EventStore): Promise<void> {
  let read = 0;
  for await (const { revision } of store.readAll()) if (revision >= 0) read += 1;
  if (read !== EVENTS) throw new Error(`${read} events were read, ${EVENTS} were appended`);
}

async function latency(store: EventStore): Promise<EmulatorFigures['appendToSubscriber']> {
  const stop = new AbortController();
  const after = await store.lastPosition();
  const took: number[] = [];
  let begun = 0;
  const next = (): void => {
    begun = performance.now();
    void store.append(`latency-${randomUUID()}`, [sampleEvent()], 'no-stream');
  };
  for await (const message of store.subscribeAll({ ...(after && { after }), signal: stop.signal })) {
    if (message.kind === 'event') took.push(performance.now() - begun);
    if (took.length === SAMPLES) stop.abort();
    else if (message.kind !== 'checkpoint') next();
  }
  took.sort((a, b) => a - b);
  const quantile = (share: number): number => Number((took[Math.floor(took.length * share)] ?? 0).toFixed(2));
  return { p50: quantile(0.5), p99: quantile(0.99) };
}
