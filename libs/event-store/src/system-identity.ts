import { randomUUID } from 'node:crypto';
import type { EventStore } from './port.js';
import { EventStoreError } from './port.js';

const STREAM = 'system-identity';
const TYPE = 'SystemIdentityAssigned';

/** The identity a store was given by whoever asked first, in whatever process. Works on every event store. */
export async function systemIdentity(store: Pick<EventStore, 'append' | 'readStream'>): Promise<string> {
  const assigned = await assignedIdentity(store);
  if (assigned !== undefined) return assigned;
  const identity = randomUUID();
  const metadata = { $correlationId: identity, $causationId: identity };
  try {
    await store.append(STREAM, [{ id: identity, type: TYPE, data: { identity }, metadata }], 'no-stream');
    return identity;
  } catch (error) {
    if (!(error instanceof EventStoreError && error.code === 'WRONG_EXPECTED_REVISION')) throw error;
    return systemIdentity(store);
  }
}

async function assignedIdentity(store: Pick<EventStore, 'readStream'>): Promise<string | undefined> {
  for await (const { data } of store.readStream(STREAM, { limit: 1 })) return (data as { identity: string }).identity;
  return undefined;
}
