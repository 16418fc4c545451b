import { LogError, type NewRecord, type Offset, type TopicPartition } from '../../port.js';
import { LARGEST_RECORD, recordSize } from '../../record-size.js';
import type { Producer } from '../protocol/producer.js';
import { encodeBatch } from '../records/encode-batch.js';

/** Bytes of one batch; brokers refuse more than 1 MiB (and 12 bytes) by default. */
const BATCH_BYTES = 900_000;

/** The records of one commit for one partition, cut into batches. */
export interface Outgoing extends TopicPartition {
  readonly batches: readonly (readonly NewRecord[])[];
}

/** For each record, in the order given: its partition, its batch there and its place in the batch. */
export interface Place {
  readonly outgoing: number;
  readonly batch: number;
  readonly index: number;
}

interface Growing extends TopicPartition {
  readonly batches: NewRecord[][];
  readonly number: number;
  bytes: number;
}

function sizeOf(record: NewRecord): number {
  const size = recordSize(record);
  if (size > LARGEST_RECORD) {
    throw new LogError('RECORD_TOO_LARGE', `a record of ${size} bytes for ${record.topic}; the limit is 1 MiB`);
  }
  return size;
}

/**
 * Sorts records by partition.
 * @throws LogError RECORD_TOO_LARGE
 */
export function sortOut(
  records: readonly NewRecord[],
  partitionOf: (record: NewRecord) => number,
): { readonly outgoing: readonly Outgoing[]; readonly places: readonly Place[] } {
  const growing = new Map<string, Growing>();
  const places = records.map((record) => {
    const { topic } = record;
    const partition = partitionOf(record);
    const name = `${topic}/${partition}`;
    let one = growing.get(name);
    if (!one) growing.set(name, (one = { topic, partition, batches: [[]], number: growing.size, bytes: 0 }));
    const size = sizeOf(record);
    if (one.bytes > 0 && one.bytes + size > BATCH_BYTES) {
      one.batches.push([]);
      one.bytes = 0;
    }
    one.bytes += size;
    const batch = one.batches.length - 1;
    const index = (one.batches[batch]?.push(record) ?? 1) - 1;
    return { outgoing: one.number, batch, index };
  });
  return { outgoing: [...growing.values()], places };
}

/** Where a record came to stand. @param bases for each outgoing partition the offsets of its batches' first records */
export function offsetOf(
  { outgoing, batch, index }: Place,
  all: readonly Outgoing[],
  bases: readonly (readonly number[])[],
): Offset {
  const { topic = '', partition = 0 } = all[outgoing] ?? {};
  return { topic, partition, offset: (bases[outgoing]?.[batch] ?? 0) + index };
}

/** A batch on its way; it keeps its bytes and its number, so that the leader knows a repetition. */
export interface Shipment extends TopicPartition {
  readonly bytes: Buffer;
  readonly count: number;
}

/** Numbers records per partition without gaps, as the leaders expect of one producer. */
export class Sequences {
  readonly #next = new Map<string, number>();

  constructor(readonly producer: Producer) {}

  ship({ topic, partition }: TopicPartition, records: readonly NewRecord[]): Shipment {
    const name = `${topic}/${partition}`;
    const baseSequence = this.#next.get(name) ?? 0;
    // Numbers start over after 2^31 − 1.
    this.#next.set(name, (baseSequence + records.length) % 0x80000000);
    const { producerId, producerEpoch } = this.producer;
    const bytes = encodeBatch(records, { producerId: BigInt(producerId), producerEpoch, baseSequence });
    return { topic, partition, bytes, count: records.length };
  }
}
