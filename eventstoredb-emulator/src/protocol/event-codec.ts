import type { NewEvent, RecordedEvent } from '@order-flow/event-store';

/** An event as the protocol has it: bytes that the server does not look into. */
export interface WireEvent {
  readonly id: string;
  readonly type: string;
  readonly json: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

const JSON_TYPE = 'application/json';
const BYTES_TYPE = 'application/octet-stream';
const EMPTY = Buffer.alloc(0);

/** What the store holds in place of the metadata when an event's bytes are not those of plain JSON. */
interface Verbatim {
  readonly $bytes: { readonly json: boolean; readonly data: string; readonly metadata: string };
}

export function contentType(json: boolean): string {
  return json ? JSON_TYPE : BYTES_TYPE;
}

export function isJsonType(type: string): boolean {
  return type === JSON_TYPE;
}

/**
 * The store keeps JSON. Bytes that JSON.stringify would write again just so are kept as the values they mean, all others as
 * they are, in base64: every event is read back byte for byte.
 */
export function toStored(event: WireEvent): NewEvent {
  const { id, type } = event;
  const data = event.json ? plainValue(event.data) : undefined;
  const metadata = event.metadata.length === 0 ? { value: undefined } : plainValue(event.metadata);
  if (data && metadata && !isVerbatim(metadata.value)) {
    return { id, type, data: data.value, metadata: metadata.value as NewEvent['metadata'] };
  }
  const $bytes = { json: event.json, data: base64(event.data), metadata: base64(event.metadata) };
  return { id, type, data: null, metadata: { $bytes } as unknown as NewEvent['metadata'] };
}

export function fromStored({ id, type, data, metadata }: RecordedEvent): WireEvent {
  const kept: unknown = metadata;
  if (isVerbatim(kept)) {
    const { json, data: bytes, metadata: more } = kept.$bytes;
    return { id, type, json, data: Buffer.from(bytes, 'base64'), metadata: Buffer.from(more, 'base64') };
  }
  // Absent metadata have become null on the way through JSON; a client's own `null` is kept verbatim.
  const noted = kept === null ? EMPTY : Buffer.from(JSON.stringify(kept));
  return { id, type, json: true, data: Buffer.from(JSON.stringify(data)), metadata: noted };
}

function plainValue(bytes: Uint8Array): { readonly value: unknown } | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  try {
    const value: unknown = JSON.parse(text);
    // U+FFFD may stand for bytes that are no UTF-8.
    const exact = value !== null && JSON.stringify(value) === text && !text.includes('\ufffd');
    return exact ? { value } : undefined;
  } catch {
    return undefined;
  }
}

function isVerbatim(metadata: unknown): metadata is Verbatim {
  return typeof metadata === 'object' && metadata !== null && '$bytes' in metadata;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
