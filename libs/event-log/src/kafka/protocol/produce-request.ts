import type { TopicPartition } from '../../port.js';
import { byTopic } from '../by-topic.js';
import {
  API_KEYS,
  type Decoder,
  DecoderClass,
  EncoderClass,
  type Payload,
  type ProtocolRequest,
} from './kafkajs-internals.js';
import type { Producer } from './producer.js';
import { FLEXIBLE, PLAIN, type Wire } from './wire.js';

const ALL_IN_SYNC = -1;

export interface ProducedBatch extends TopicPartition {
  readonly bytes: Buffer;
}

export interface Produced extends TopicPartition {
  /** As Kafka's protocol numbers errors; 0 is none. */
  readonly errorCode: number;
  readonly baseOffset: number;
}

interface ProduceAnswer {
  readonly clientSideThrottleTime: number;
  readonly partitions: readonly Produced[];
}

/** By version of the protocol for transactions. From Produce 12 on, leaders add what they get to the producer's transaction. */
const VERSIONS = { 1: { apiVersion: 7, wire: PLAIN }, 2: { apiVersion: 12, wire: FLEXIBLE } } as const;

function encode(wire: Wire, transactionalId: string, batches: readonly ProducedBatch[], timeout: number): Payload {
  const topics = byTopic(batches);
  const head = wire.text(wire.end(new EncoderClass()), transactionalId);
  wire.length(head.writeInt16(ALL_IN_SYNC).writeInt32(timeout), topics.size);
  const parts: Buffer[] = [head.buffer];
  for (const [topic, partitions] of topics) {
    parts.push(wire.length(wire.text(new EncoderClass(), topic), partitions.length).buffer);
    for (const { partition, bytes } of partitions) {
      parts.push(wire.length(new EncoderClass().writeInt32(partition), bytes.length).buffer, bytes);
      parts.push(wire.end(new EncoderClass()).buffer);
    }
    parts.push(wire.end(new EncoderClass()).buffer);
  }
  parts.push(wire.end(new EncoderClass()).buffer);
  const buffer = Buffer.concat(parts);
  return { buf: buffer, buffer };
}

function decodePartition(wire: Wire, decoder: Decoder, topic: string): Produced {
  const produced = {
    topic,
    partition: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    baseOffset: Number(decoder.readInt64()),
  };
  decoder.readInt64(); // append time
  decoder.readInt64(); // log start offset
  if (wire === PLAIN) return produced;
  wire.readArray(decoder, (each) => [each.readInt32(), wire.readText(each)]); // errors of single records
  wire.readText(decoder); // error message
  return produced;
}

function decode(wire: Wire, raw: Buffer): ProduceAnswer {
  const decoder = new DecoderClass(raw);
  wire.readEnd(decoder);
  const partitions = wire
    .readArray(decoder, (each) => {
      const topic = wire.readText(each);
      return wire.readArray(each, (one) => decodePartition(wire, one, topic));
    })
    .flat();
  return { partitions, clientSideThrottleTime: decoder.readInt32() };
}

/**
 * Produce, version 7 (Kafka 2.1) or 12 (Kafka 4.0), for batches of different partitions of one leader. The errors of single
 * partitions are told, not thrown.
 * @param timeout milliseconds the leader may wait for its followers
 */
export function produceRequest(
  { transactionalId, transactionVersion }: Producer,
  batches: readonly ProducedBatch[],
  timeout: number,
): ProtocolRequest<ProduceAnswer> {
  const { apiVersion, wire } = VERSIONS[transactionVersion];
  return {
    request: {
      apiKey: API_KEYS.Produce,
      apiVersion,
      apiName: 'Produce',
      encode: async () => encode(wire, transactionalId, batches, timeout),
    },
    response: { decode: async (raw) => decode(wire, raw), parse: async (answer) => answer },
  };
}
