import { randomUUID } from 'node:crypto';
import type { NewEvent, StreamMetadata } from '@order-flow/event-store';
import type { JournalRecords } from '@order-flow/event-store/journal';
import { SOFT_DELETED } from '@order-flow/event-store/journal';
import type { WireEvent } from './event-codec.js';
import { toStored } from './event-codec.js';

export const STREAM_DELETED = '$streamDeleted';
const METADATA = '$metadata';
const NOTHING = Buffer.alloc(0);
const DELETED_TRUNCATION = '9223372036854775807';

/** The events by which EventStoreDB records deletion, worded as it does. */
export const journalRecords: JournalRecords = {
  metadata: (_stream, metadata) => systemEvent(METADATA, metadataText(metadata)),
  tombstone: () => systemEvent(STREAM_DELETED, ''),
};

/** The stream whose metadata a stream holds, or undefined. */
export function metadataOwner(stream: string): string | undefined {
  return stream.startsWith('$$') ? stream.slice(2) : undefined;
}

/** What the newest of these events says of the stream; nothing when it says nothing that can be read. */
export function metadataIn(events: readonly WireEvent[]): StreamMetadata {
  const newest = events.at(-1);
  if (newest?.type !== METADATA) return {};
  try {
    const value: unknown = JSON.parse(Buffer.from(newest.data).toString('utf8'));
    return typeof value === 'object' && value !== null ? limits(value) : {};
  } catch {
    return {};
  }
}

/** Everything is kept; but what is no whole number limits nothing. */
function limits(metadata: object): StreamMetadata {
  const wrong = (name: string, value: unknown): boolean =>
    ['$maxCount', '$maxAge', '$tb'].includes(name) && !(Number.isInteger(value) && Number(value) >= 0);
  return Object.fromEntries(Object.entries(metadata).filter(([name, value]) => !wrong(name, value)));
}

function systemEvent(type: string, text: string): NewEvent {
  return toStored({ id: randomUUID(), type, json: text !== '', data: Buffer.from(text), metadata: NOTHING });
}

/** A number that JavaScript cannot hold stands for deletion. */
function metadataText(metadata: StreamMetadata): string {
  if (metadata.$tb !== SOFT_DELETED) return JSON.stringify(metadata);
  const others = JSON.stringify({ ...metadata, $tb: undefined }).slice(1, -1);
  return `{${others}${others === '' ? '' : ','}"$tb":${DELETED_TRUNCATION}}`;
}
