import { ObjectId } from 'mongodb';
import { ServerErrorCode, refuse } from './server-errors.js';

/** LMDB's limit for a key, in bytes. */
export const MAX_KEY_BYTES = 1978;

/** First byte of every encoded value: BSON's comparison order of types. Neighbours are never used, so that rank ± 1 bounds a type. */
export const Rank = {
  emptyArray: 0x08,
  null: 0x10,
  number: 0x20,
  string: 0x30,
  object: 0x40,
  array: 0x50,
  objectId: 0x60,
  boolean: 0x70,
  date: 0x80,
} as const;

export type Rank = (typeof Rank)[keyof typeof Rank];

/** Sorts after every key that starts with what stands before it: no value's code starts with this byte. */
export const AFTER = 0xff;

const CLOSE = 0x00;
const ESCAPED_ZERO = 0xff;

const rankOfObject = (value: object): Rank => {
  if (value instanceof Date) return Rank.date;
  if (value instanceof ObjectId) return Rank.objectId;
  if (Array.isArray(value)) return Rank.array;
  return Rank.object;
};

/** @throws MongoServerError BadValue for a value that no document can hold */
export function rankOf(value: unknown): Rank {
  switch (typeof value) {
    case 'string':
      return Rank.string;
    case 'number':
      return Rank.number;
    case 'boolean':
      return Rank.boolean;
    case 'undefined':
      return Rank.null;
    case 'object':
      return value === null ? Rank.null : rankOfObject(value);
    default:
      return refuse(ServerErrorCode.BadValue, `a value of type ${typeof value} cannot be stored or compared`);
  }
}

/**
 * Writes values so that comparing the bytes compares the values: by type in BSON's order, then numbers by size (NaN
 * first), strings by UTF-8, objects field by field. Codes are prefix-free, so several can follow one another; a
 * descending one has all its bits inverted.
 */
export class OrderedKeyWriter {
  private buffer = Buffer.allocUnsafe(8192);
  private length = 0;

  /** Begins a key of a keyspace: a four-byte prefix that belongs to one collection or one index. */
  start(keyspace: number): this {
    this.length = 4;
    this.buffer.writeUInt32BE(keyspace, 0);
    return this;
  }

  /** Begins a key without a keyspace. */
  bare(): this {
    this.length = 0;
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  value(value: unknown, descending = false): this {
    const from = this.length;
    const rank = rankOf(value);
    this.byte(rank);
    this.payload(rank, value);
    return descending ? this.invert(from) : this;
  }

  emptyArray(descending: boolean): this {
    return this.byte(descending ? ~Rank.emptyArray & 0xff : Rank.emptyArray);
  }

  finish(): Buffer {
    const key = Buffer.allocUnsafe(this.length);
    this.buffer.copy(key, 0, 0, this.length);
    return key;
  }

  private byte(byte: number): this {
    this.reserve(1);
    this.buffer[this.length++] = byte;
    return this;
  }

  private payload(rank: Rank, value: unknown): this {
    switch (rank) {
      case Rank.number:
        return this.number(value as number);
      case Rank.string:
        return this.text(value as string);
      case Rank.date:
        return this.number((value as Date).getTime());
      case Rank.boolean:
        return this.byte(value === true ? 1 : 0);
      case Rank.objectId:
        return this.bytes((value as ObjectId).id);
      case Rank.array:
        return this.elements(value as readonly unknown[]);
      case Rank.object:
        return this.fields(value as Readonly<Record<string, unknown>>);
      default:
        return this;
    }
  }

  /** IEEE 754 with the sign bit flipped, or all bits if negative, compares as unsigned bytes. */
  private number(value: number): this {
    this.reserve(8);
    const at = this.length;
    this.length += 8;
    if (Number.isNaN(value)) {
      this.buffer.fill(0, at, at + 8);
      return this;
    }
    this.buffer.writeDoubleBE(value === 0 ? 0 : value, at);
    const first = this.buffer[at] ?? 0;
    if (first >= 0x80) return this.invert(at);
    this.buffer[at] = first | 0x80;
    return this;
  }

  private text(value: string): this {
    this.reserve(value.length * 3 + 2);
    if (value.includes('\0')) this.escaped(Buffer.from(value, 'utf8'));
    else this.length += this.buffer.write(value, this.length, 'utf8');
    return this.byte(CLOSE).byte(1);
  }

  private escaped(text: Buffer): void {
    for (const byte of text) {
      this.byte(byte);
      if (byte === 0) this.byte(ESCAPED_ZERO);
    }
  }

  private elements(values: readonly unknown[]): this {
    for (const value of values) this.value(value);
    return this.byte(CLOSE);
  }

  private fields(object: Readonly<Record<string, unknown>>): this {
    for (const [name, value] of Object.entries(object)) {
      const rank = rankOf(value);
      this.byte(rank);
      this.text(name);
      this.payload(rank, value);
    }
    return this.byte(CLOSE);
  }

  private invert(from: number): this {
    for (let at = from; at < this.length; at++) this.buffer[at] = ~(this.buffer[at] ?? 0) & 0xff;
    return this;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + more));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

const writer = new OrderedKeyWriter();

/** The one writer of this thread; nothing awaits between `start` and `finish`. */
export const orderedKey = (keyspace?: number): OrderedKeyWriter =>
  keyspace === undefined ? writer.bare() : writer.start(keyspace);

/** Ordered bytes of one value, without a keyspace. */
export const encodeValue = (value: unknown, descending = false): Buffer =>
  orderedKey().value(value, descending).finish();

/** Inverts every bit, as a descending field's code is. */
export const inverted = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => ~byte & 0xff));

/**
 * The ordered bytes of a document's `_id`, which name it inside its collection.
 * @throws MongoServerError BadValue for an array, KeyTooLong beyond LMDB's limit
 */
export function encodeId(id: unknown): Buffer {
  if (Array.isArray(id)) refuse(ServerErrorCode.BadValue, 'The _id field cannot be of type array');
  const key = encodeValue(id);
  if (key.length > MAX_KEY_BYTES / 2)
    refuse(ServerErrorCode.KeyTooLong, `_id takes ${key.length} bytes, the limit is ${MAX_KEY_BYTES / 2}`);
  return key;
}

export const documentKey = (keyspace: number, id: Uint8Array): Buffer => orderedKey(keyspace).bytes(id).finish();
