import type { Shared } from './generated.js';
import type { WireEvent } from './event-codec.js';
import { isJsonType } from './event-codec.js';
import { invalidArgument, maximumAppendSizeExceeded, missingMetadataProperty } from './failure.js';
import { uuidText } from './text.js';

/** Bytes of one append's types, data and metadata, as EventStoreDB limits it by default. */
export const LARGEST_APPEND = 1024 * 1024;

interface ProposedMessage {
  getId(): Shared.UUID | undefined;
  getMetadataMap(): { get(name: string): string | undefined };
  getData_asU8(): Uint8Array;
  getCustomMetadata_asU8(): Uint8Array;
}

/** The events that a client proposes for one append, as they come in one by one. */
export class Proposal {
  readonly events: WireEvent[] = [];
  #size = 0;

  /** @throws CallFailure for a message that is no event, or one too many */
  add(message: ProposedMessage): void {
    const event = wireEvent(message);
    this.#size += event.data.length + event.metadata.length + 2 * event.type.length;
    if (this.#size > LARGEST_APPEND) throw maximumAppendSizeExceeded(LARGEST_APPEND);
    this.events.push(event);
  }
}

function wireEvent(message: ProposedMessage): WireEvent {
  const properties = message.getMetadataMap();
  const type = properties.get('type');
  if (type === undefined) throw missingMetadataProperty('type');
  const contentType = properties.get('content-type');
  if (contentType === undefined) throw missingMetadataProperty('content-type');
  const id = uuidText(message.getId());
  if (id === undefined) throw invalidArgument('an event id is not a UUID');
  const metadata = message.getCustomMetadata_asU8();
  return { id, type, json: isJsonType(contentType), data: message.getData_asU8(), metadata };
}
