import { gunzipSync } from 'node:zlib';
import { type Headers, LogError, type LogRecord, type TopicPartition } from '../../port.js';
import { setHeader } from '../../records/set-header.js';
import { AT, ATTRIBUTES, BEFORE_LENGTH, MAGIC } from './record-batch.js';

/** A batch as it came, its records not yet decoded. Offsets below 2^53: positions are numbers in this project. */
export interface EncodedBatch {
  readonly bytes: Buffer;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly producerId: bigint;
  readonly transactional: boolean;
  readonly control: boolean;
}

/** The complete batches of a fetched record set; the last one may have been cut off by the size asked for. */
export function splitBatches(recordSet: Buffer, at: TopicPartition): EncodedBatch[] {
  const batches: EncodedBatch[] = [];
  let start = 0;
  while (start + AT.records <= recordSet.length) {
    const size = BEFORE_LENGTH + recordSet.readInt32BE(start + AT.length);
    if (start + size > recordSet.length) break;
    const bytes = recordSet.subarray(start, start + size);
    if (bytes.readInt8(AT.magic) !== MAGIC) throw undecodable(at, 'is of a format older than Kafka 0.11');
    const baseOffset = Number(bytes.readBigInt64BE(AT.baseOffset));
    const attributes = bytes.readInt16BE(AT.attributes);
    batches.push({
      bytes,
      baseOffset,
      lastOffset: baseOffset + bytes.readInt32BE(AT.lastOffsetDelta),
      producerId: bytes.readBigInt64BE(AT.producerId),
      transactional: (attributes & ATTRIBUTES.transactional) !== 0,
      control: (attributes & ATTRIBUTES.control) !== 0,
    });
    start += size;
  }
  return batches;
}

function undecodable({ topic, partition }: TopicPartition, reason: string): LogError {
  return new LogError('LOG_CORRUPT', `a batch of ${topic}-${partition} ${reason}`);
}

/** The records' bytes; only gzip needs no more than Node has. @throws LogError LOG_CORRUPT */
function uncompressed(batch: EncodedBatch, at: TopicPartition): Buffer {
  const records = batch.bytes.subarray(AT.records);
  const codec = batch.bytes.readInt16BE(AT.attributes) & ATTRIBUTES.compression;
  if (codec === 0) return records;
  if (codec === 1) return gunzipSync(records);
  throw undecodable(at, `is compressed by codec ${codec}; only uncompressed and gzip can be read`);
}

class RecordsReader {
  at = 0;

  constructor(readonly bytes: Buffer) {}

  /** A signed varint of up to 53 bits. */
  varint(): number {
    let byte = this.bytes[this.at++] ?? 0;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    let scale = 0x80;
    do {
      byte = this.bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
    } while (byte >= 0x80);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  blob(): Buffer | null {
    const size = this.varint();
    if (size < 0) return null;
    return this.bytes.subarray(this.at, (this.at += size));
  }

  text(): string | null {
    const size = this.varint();
    if (size < 0) return null;
    return this.bytes.toString('utf8', this.at, (this.at += size));
  }
}

const NO_HEADERS: Headers = Object.freeze({});

function headersOf(reader: RecordsReader): Headers {
  const count = reader.varint();
  if (count === 0) return NO_HEADERS;
  const headers: Record<string, string> = {};
  for (let left = count; left > 0; left--) {
    const name = reader.text() ?? '';
    setHeader(headers, name, reader.text() ?? '');
  }
  return headers;
}

/**
 * Decodes a batch's records one by one, so that a large batch may be handed out in parts.
 * Values are views of the fetched bytes.
 * @throws LogError LOG_CORRUPT
 */
export class BatchDecoder {
  readonly #reader: RecordsReader;
  readonly #timestamp: number;
  readonly #appendTime: boolean;
  #left: number;

  constructor(
    readonly batch: EncodedBatch,
    private readonly of: TopicPartition,
  ) {
    const { bytes } = batch;
    this.#reader = new RecordsReader(uncompressed(batch, of));
    this.#appendTime = (bytes.readInt16BE(AT.attributes) & ATTRIBUTES.logAppendTime) !== 0;
    this.#timestamp = Number(bytes.readBigInt64BE(this.#appendTime ? AT.maxTimestamp : AT.baseTimestamp));
    this.#left = bytes.readInt32BE(AT.recordCount);
  }

  get hasMore(): boolean {
    return this.#left > 0;
  }

  /** The next record; undefined when there is none left. */
  next(): LogRecord | undefined {
    if (this.#left === 0) return undefined;
    this.#left--;
    const reader = this.#reader;
    const size = reader.varint();
    const end = reader.at + size;
    if (size <= 0 || end > reader.bytes.length) throw undecodable(this.of, `at ${this.batch.baseOffset} is damaged`);
    reader.at++; // attributes: none are defined
    const timestampDelta = reader.varint();
    const offset = this.batch.baseOffset + reader.varint();
    const key = reader.text();
    const value = reader.blob();
    const headers = headersOf(reader);
    reader.at = end;
    const timestamp = this.#appendTime ? this.#timestamp : this.#timestamp + timestampDelta;
    return { topic: this.of.topic, partition: this.of.partition, offset, key, value, headers, timestamp };
  }
}
