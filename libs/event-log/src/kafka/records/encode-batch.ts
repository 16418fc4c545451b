import type { NewRecord } from '../../port.js';
import { crc32c } from './crc32c.js';
import { AT, ATTRIBUTES, BEFORE_LENGTH, MAGIC } from './record-batch.js';

/** Who writes, as the batch's header says it; `baseSequence` numbers the first record. */
export interface BatchProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

const ZIGZAG = (value: number): number => (value << 1) ^ (value >> 31);

/** Bytes of a signed 32-bit varint. */
function varintSize(value: number): number {
  const encoded = ZIGZAG(value) >>> 0;
  if (encoded < 0x80) return 1;
  if (encoded < 0x4000) return 2;
  if (encoded < 0x200000) return 3;
  return encoded < 0x10000000 ? 4 : 5;
}

/** Like `varintSize` for any safe integer: timestamps may lie years apart. */
function varlongSize(value: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let size = 1;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

const sizedBytes = (bytes: number): number => varintSize(bytes) + bytes;

interface Measured {
  readonly record: NewRecord;
  /** Bytes of the record after its own length field. */
  readonly body: number;
  readonly keyBytes: number;
  readonly headers: readonly (readonly [name: string, value: string, nameBytes: number, valueBytes: number])[];
}

function measure(record: NewRecord, offsetDelta: number, timestampDelta: number): Measured {
  const keyBytes = record.key === null ? -1 : Buffer.byteLength(record.key);
  const headers = Object.entries(record.headers ?? {}).map(
    ([name, value]) => [name, value, Buffer.byteLength(name), Buffer.byteLength(value)] as const,
  );
  let body = 1 + varlongSize(timestampDelta) + varintSize(offsetDelta) + varintSize(headers.length);
  body += keyBytes < 0 ? 1 : sizedBytes(keyBytes);
  body += record.value === null ? 1 : sizedBytes(record.value.length);
  for (const [, , nameBytes, valueBytes] of headers) body += sizedBytes(nameBytes) + sizedBytes(valueBytes);
  return { record, body, keyBytes, headers };
}

class BatchWriter {
  #at = AT.records as number;

  constructor(readonly bytes: Buffer) {}

  varint(value: number): void {
    let rest = ZIGZAG(value) >>> 0;
    while (rest >= 0x80) {
      this.bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.#at++] = rest;
  }

  varlong(value: number): void {
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    while (rest >= 0x80) {
      this.bytes[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.#at++] = rest;
  }

  byte(value: number): void {
    this.bytes[this.#at++] = value;
  }

  text(text: string, size: number): void {
    this.varint(size);
    this.bytes.write(text, this.#at);
    this.#at += size;
  }

  blob(blob: Buffer): void {
    this.varint(blob.length);
    this.#at += blob.copy(this.bytes, this.#at);
  }
}

function write(writer: BatchWriter, measured: Measured, offsetDelta: number, timestampDelta: number): void {
  const { record, body, keyBytes, headers } = measured;
  writer.varint(body);
  writer.byte(0);
  writer.varlong(timestampDelta);
  writer.varint(offsetDelta);
  if (record.key === null) writer.varint(-1);
  else writer.text(record.key, keyBytes);
  if (record.value === null) writer.varint(-1);
  else writer.blob(record.value);
  writer.varint(headers.length);
  for (const [name, value, nameBytes, valueBytes] of headers) {
    writer.text(name, nameBytes);
    writer.text(value, valueBytes);
  }
}

/** One uncompressed transactional batch of the records, at least one, in their order. */
export function encodeBatch(records: readonly NewRecord[], producer: BatchProducer): Buffer {
  const baseTimestamp = records[0]?.timestamp ?? 0;
  let maxTimestamp = baseTimestamp;
  let size: number = AT.records;
  const measured = records.map((record, index) => {
    if (record.timestamp > maxTimestamp) maxTimestamp = record.timestamp;
    const one = measure(record, index, record.timestamp - baseTimestamp);
    size += sizedBytes(one.body);
    return one;
  });
  const bytes = Buffer.allocUnsafe(size);
  const writer = new BatchWriter(bytes);
  measured.forEach((one, index) => write(writer, one, index, one.record.timestamp - baseTimestamp));
  bytes.writeBigInt64BE(0n, AT.baseOffset);
  bytes.writeInt32BE(size - BEFORE_LENGTH, AT.length);
  bytes.writeInt32BE(-1, AT.leaderEpoch);
  bytes.writeInt8(MAGIC, AT.magic);
  bytes.writeInt16BE(ATTRIBUTES.transactional, AT.attributes);
  bytes.writeInt32BE(records.length - 1, AT.lastOffsetDelta);
  bytes.writeBigInt64BE(BigInt(baseTimestamp), AT.baseTimestamp);
  bytes.writeBigInt64BE(BigInt(maxTimestamp), AT.maxTimestamp);
  bytes.writeBigInt64BE(producer.producerId, AT.producerId);
  bytes.writeInt16BE(producer.producerEpoch, AT.producerEpoch);
  bytes.writeInt32BE(producer.baseSequence, AT.baseSequence);
  bytes.writeInt32BE(records.length, AT.recordCount);
  bytes.writeUInt32BE(crc32c(bytes, AT.attributes), AT.crc);
  return bytes;
}
