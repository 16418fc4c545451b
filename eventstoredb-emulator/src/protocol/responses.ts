import type { RecordedEvent } from '@order-flow/event-store';
import { contentType, fromStored } from './event-codec.js';
import type { Streams } from './generated.js';
import { ReadResp } from './generated.js';
import { streamIdentifier, uuidMessage } from './text.js';
import { STREAM_DELETED } from './system-events.js';

const LAST_REVISION = String(2n ** 63n - 1n);
const TICKS_PER_MILLISECOND = 10_000n;

/** An event of the store for a reader, with ids in the form that it asked for. */
export function eventResponse(event: RecordedEvent, structuredIds: boolean): Streams.ReadResp {
  const position = positionText(event);
  const recorded = new ReadResp.ReadEvent.RecordedEvent();
  const { id, type, json, data, metadata } = fromStored(event);
  recorded.setId(uuidMessage(id, structuredIds));
  recorded.setStreamIdentifier(streamIdentifier(event.stream));
  recorded.setStreamRevision(type === STREAM_DELETED ? LAST_REVISION : String(event.revision));
  recorded.setCommitPosition(position);
  recorded.setPreparePosition(position);
  recorded.setData(data);
  recorded.setCustomMetadata(metadata);
  const properties = recorded.getMetadataMap();
  properties.set('type', type);
  properties.set('created', String(BigInt(event.created) * TICKS_PER_MILLISECOND));
  properties.set('content-type', contentType(json));
  return new ReadResp().setEvent(new ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(position));
}

export function confirmationResponse(subscriptionId: string): Streams.ReadResp {
  return new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId(subscriptionId));
}

export function checkpointResponse(sequence: number): Streams.ReadResp {
  const position = String(sequence);
  const checkpoint = new ReadResp.Checkpoint().setCommitPosition(position).setPreparePosition(position);
  return new ReadResp().setCheckpoint(checkpoint);
}

export function caughtUpResponse(): Streams.ReadResp {
  return new ReadResp().setCaughtUp(new ReadResp.CaughtUp());
}

export function streamNotFoundResponse(stream: string): Streams.ReadResp {
  const notFound = new ReadResp.StreamNotFound().setStreamIdentifier(streamIdentifier(stream));
  return new ReadResp().setStreamNotFound(notFound);
}

/** Commit and prepare position are one here: the event's place in the order of all. */
export function positionText({ position }: Pick<RecordedEvent, 'position'>): string {
  return String(BigInt(position));
}
