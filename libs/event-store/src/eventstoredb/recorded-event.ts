import type { EventMetadata, RecordedEvent } from '../port.js';
import type { LogPosition } from './position.js';
import { toPosition } from './position.js';

/** An event as the client hands it out. */
export interface ClientEvent {
  readonly id: string;
  readonly type: string;
  readonly streamId: string;
  readonly revision: bigint;
  readonly data: unknown;
  readonly metadata?: unknown;
  readonly created: Date;
  readonly position?: LogPosition | undefined;
}

export function recordedEvent(event: ClientEvent): RecordedEvent {
  if (!event.position) throw new TypeError(`event ${event.id} comes without a position: EventStoreDB 23.10 is needed`);
  return {
    id: event.id,
    type: event.type,
    data: event.data,
    metadata: (event.metadata ?? {}) as EventMetadata,
    stream: event.streamId,
    revision: Number(event.revision),
    position: toPosition(event.position),
    created: event.created.getTime(),
  };
}

/** EventStoreDB's own events: metadata, tombstones, statistics. */
export function isSystemEvent({ type, streamId }: Pick<ClientEvent, 'type' | 'streamId'>): boolean {
  return type.startsWith('$') || streamId.startsWith('$');
}
