import type { Appended, ExpectedRevision } from '@order-flow/event-store';
import type { Journal } from '@order-flow/event-store/journal';
import type { WireEvent } from '../protocol/event-codec.js';
import { toStored } from '../protocol/event-codec.js';
import { metadataIn, metadataOwner } from '../protocol/system-events.js';

/** Appends what a client proposes; a stream's metadata take effect with the event that tells them. @throws EventStoreError */
export function appendEvents(
  journal: Journal,
  stream: string,
  events: readonly WireEvent[],
  expected: ExpectedRevision,
): Promise<Appended> {
  const stored = events.map(toStored);
  const owner = metadataOwner(stream);
  if (owner === undefined) return journal.append(stream, stored, expected);
  return journal.appendMetadata(owner, metadataIn(events), stored, expected);
}
