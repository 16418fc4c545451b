import type { StreamMetadata } from '../port.js';

/** What is known of a stream as a whole. */
export interface StreamHead {
  /** The stream's number in the keys of its entries. */
  readonly number: number;
  /** Revision the next event will have; 0 when there never was one. */
  readonly next: number;
  /** Sequence of the newest event, 0 when there is none. */
  readonly lastSequence: number;
  readonly tombstoned: boolean;
  /** JSON; parsed by `metadataOf` only where it matters, which is not on the way of an append. */
  readonly metadata: string;
}

const NEXT = 0;
const LAST = 6;
const TOMBSTONED = 12;
const METADATA = 13;
const NO_METADATA = '';

/** Of a stream yet to be written: it has no number. */
export function newStreamHead(): StreamHead {
  return { number: 0, next: 0, lastSequence: 0, tombstoned: false, metadata: NO_METADATA };
}

export function encodeHead(head: StreamHead): Buffer {
  const bytes = Buffer.allocUnsafe(METADATA + Buffer.byteLength(head.metadata));
  bytes.writeUIntBE(head.next, NEXT, 6);
  bytes.writeUIntBE(head.lastSequence, LAST, 6);
  bytes[TOMBSTONED] = head.tombstoned ? 1 : 0;
  bytes.write(head.metadata, METADATA);
  return bytes;
}

export function decodeHead(number: number, bytes: Buffer): StreamHead {
  return {
    number,
    next: bytes.readUIntBE(NEXT, 6),
    lastSequence: bytes.readUIntBE(LAST, 6),
    tombstoned: bytes[TOMBSTONED] === 1,
    metadata: bytes.length === METADATA ? NO_METADATA : bytes.toString('utf8', METADATA, bytes.length),
  };
}

export function metadataOf(head: StreamHead): StreamMetadata {
  return head.metadata === NO_METADATA ? {} : (JSON.parse(head.metadata) as StreamMetadata);
}

export function withMetadata(head: StreamHead, metadata: StreamMetadata): StreamHead {
  return { ...head, metadata: JSON.stringify(metadata) };
}

/** Soft deletion is a truncation of all there was: the next event makes the stream visible again. */
export function isSoftDeleted(head: StreamHead): boolean {
  return head.next > 0 && (metadataOf(head).$tb ?? 0) >= head.next;
}

/** The lowest revision that `$maxCount` and `$tb` leave to be read. */
export function firstVisibleRevision(head: StreamHead): number {
  const { $maxCount, $tb = 0 } = metadataOf(head);
  return $maxCount === undefined ? $tb : Math.max($tb, head.next - $maxCount);
}
