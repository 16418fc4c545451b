import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type * as Client from '@eventstore/db-client';

/*
 * The one file that touches the client's module. It is CommonJS and large, so it is loaded by the first call.
 */
export type EventStoreDBClient = Client.EventStoreDBClient;

export type ClientModule = typeof Client;

/** Two names of the client's own. Without them a connection could only be broken off, with what is on the way on it. */
interface Internals {
  readonly disposableStreams: ReadonlySet<Duplex>;
  getChannel(): Promise<{ close(): void }>;
}

const CLOSING_MS = 1_000;

export async function loadClient(): Promise<ClientModule> {
  const loaded: Partial<Record<'default', unknown>> = await import('@eventstore/db-client');
  // Loaders differ in whether a CommonJS module of compiled TypeScript is its own default.
  return (loaded.default ?? loaded) as ClientModule;
}

/** Ends what is open towards the server and closes the connection; resolves within about a second. */
export async function closeClient(client: EventStoreDBClient): Promise<void> {
  const internals = client as unknown as Internals;
  const signal = AbortSignal.timeout(CLOSING_MS);
  const ending = [...internals.disposableStreams].map(async (stream) => {
    // A stream that is broken off instead would fail the appends of every other client of this process.
    if (typeof (stream as Partial<Duplex>).end !== 'function') return;
    const ended = once(stream, 'end', { signal });
    stream.end();
    await ended;
  });
  await Promise.allSettled(ending);
  await breakOff(client);
  await internals.getChannel().then(
    (channel) => channel.close(),
    () => undefined,
  );
}

/** Cancels what is open at once, within this very call. */
export async function breakOff(client: EventStoreDBClient): Promise<void> {
  await client.dispose().catch(() => undefined);
}
