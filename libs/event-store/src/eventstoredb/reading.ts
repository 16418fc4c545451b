import type { Position, ReadOptions, RecordedEvent, StreamName } from '../port.js';
import type { EventStoreDBClient } from './client.js';
import { asStoreError, failureType, isFinal, NoAnswer } from './failure.js';
import type { Patience } from './patience.js';
import { tryFor } from './patience.js';
import { fromPosition, toPosition } from './position.js';
import type { ClientEvent } from './recorded-event.js';
import { isSystemEvent, recordedEvent } from './recorded-event.js';

/** What reads share. */
export interface Reading {
  readonly client: EventStoreDBClient;
  readonly server: string;
  readonly patience: Patience;
}

export interface ReadAllOptions {
  readonly after?: Position;
  readonly direction?: 'forwards' | 'backwards';
  readonly filter?: { readonly streamPrefixes: readonly string[] };
  readonly limit?: number;
}

/**
 * Reads go page by page, each taken in whole: a reader that stops half-way then keeps nothing open, and a page that fails is
 * read again.
 */
const PAGE = 500;

interface ClientRead extends AsyncIterable<{ readonly event?: unknown }> {
  destroy(error: Error): unknown;
  cancel(): Promise<void>;
}

/** @throws EventStoreError STREAM_TOMBSTONED, STORE_UNAVAILABLE, STORE_REFUSED */
export async function* readStream(
  reading: Reading,
  stream: StreamName,
  { direction = 'forwards', from, limit = Number.POSITIVE_INFINITY }: ReadOptions,
): AsyncGenerator<RecordedEvent, void, undefined> {
  const step = direction === 'forwards' ? 1n : -1n;
  const start = direction === 'forwards' ? 'start' : 'end';
  let fromRevision: bigint | 'start' | 'end' = from === undefined ? start : BigInt(from);
  for (let left = limit; left > 0;) {
    const maxCount = Math.min(PAGE, left);
    const page = await readPage(reading, stream, () =>
      reading.client.readStream(stream, { direction, fromRevision, maxCount }),
    );
    for (const event of page) yield recordedEvent(event);
    left -= page.length;
    const last = page.at(-1);
    if (!last || page.length < maxCount) return;
    fromRevision = last.revision + step;
    if (fromRevision < 0n) return;
  }
}

/** The server's own events are left out. @throws EventStoreError STORE_UNAVAILABLE, STORE_REFUSED */
export async function* readAll(
  reading: Reading,
  { after, direction = 'forwards', filter, limit = Number.POSITIVE_INFINITY }: ReadAllOptions,
): AsyncGenerator<RecordedEvent, void, undefined> {
  const prefixes = filter?.streamPrefixes;
  const wanted = (event: ClientEvent): boolean =>
    !isSystemEvent(event) && (!prefixes || prefixes.some((prefix) => event.streamId.startsWith(prefix)));
  let left = limit;
  let beyond = after;
  while (left > 0) {
    const page: ClientEvent[] = await pageOfAll(reading, beyond, direction, PAGE);
    const events = page.filter(wanted).map(recordedEvent);
    for (const event of events.slice(0, left)) yield event;
    left -= events.length;
    const last = page.at(-1);
    if (!last?.position || page.length < PAGE) return;
    beyond = toPosition(last.position);
  }
}

/** The place of the newest event, the server's own included. @throws like `readAll` */
export async function lastPosition(reading: Reading): Promise<Position | undefined> {
  const [last] = await pageOfAll(reading, undefined, 'backwards', 1);
  return last?.position && toPosition(last.position);
}

/**
 * Events strictly beyond a place. Going forwards, the server begins with the one at the place itself, which is left out;
 * a page of nothing else is the end.
 */
async function pageOfAll(
  reading: Reading,
  beyond: Position | undefined,
  direction: 'forwards' | 'backwards',
  maxCount: number,
): Promise<ClientEvent[]> {
  const start = direction === 'forwards' ? 'start' : 'end';
  const place = beyond === undefined ? start : fromPosition(beyond);
  const page = await readPage(reading, '$all', () =>
    reading.client.readAll({ direction, fromPosition: place, maxCount: maxCount + 1 }),
  );
  const isBeyond = ({ position }: ClientEvent): boolean => {
    if (beyond === undefined || !position) return true;
    return direction === 'forwards' ? toPosition(position) > beyond : toPosition(position) < beyond;
  };
  return page.filter(isBeyond).slice(0, maxCount);
}

async function readPage(reading: Reading, stream: string, read: () => unknown): Promise<ClientEvent[]> {
  const { patience, server } = reading;
  const attempt = (): Promise<ClientEvent[]> => collect(read() as ClientRead, patience.answerMs);
  return tryFor(patience.callMs, attempt, (error) => !isFinal(error)).catch((error: unknown) => {
    if (failureType(error) === 'stream-not-found') return [];
    throw asStoreError(error, { server, stream });
  });
}

async function collect(read: ClientRead, answerMs: number): Promise<ClientEvent[]> {
  const events: ClientEvent[] = [];
  const timer = setTimeout(() => read.destroy(new NoAnswer(answerMs)), answerMs);
  try {
    for await (const { event } of read) if (event) events.push(event as ClientEvent);
    return events;
  } catch (error) {
    // Not waited for: a connection that is never made would never tell.
    read.cancel().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
