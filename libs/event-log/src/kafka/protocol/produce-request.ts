import type { TopicPartition } from '../../port.js';
import { byTopic } from '../by-topic.js';
import { API_KEYS, DecoderClass, EncoderClass, type Payload, type ProtocolRequest } from './kafkajs-internals.js';

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

function encode(transactionalId: string, batches: readonly ProducedBatch[], timeout: number): Payload {
  const topics = byTopic(batches);
  const head = new EncoderClass();
  head.writeString(transactionalId).writeInt16(ALL_IN_SYNC).writeInt32(timeout).writeInt32(topics.size);
  const parts: Buffer[] = [head.buffer];
  for (const [topic, partitions] of topics) {
    parts.push(new EncoderClass().writeString(topic).writeInt32(partitions.length).buffer);
    for (const { partition, bytes } of partitions) {
      parts.push(new EncoderClass().writeInt32(partition).writeInt32(bytes.length).buffer, bytes);
    }
  }
  const buffer = Buffer.concat(parts);
  return { buf: buffer, buffer };
}

function decode(raw: Buffer): ProduceAnswer {
  const decoder = new DecoderClass(raw);
  const partitions = decoder
    .readArray((each) => {
      const topic = each.readString() ?? '';
      return each.readArray((one) => {
        const produced = {
          topic,
          partition: one.readInt32(),
          errorCode: one.readInt16(),
          baseOffset: Number(one.readInt64()),
        };
        one.readInt64(); // append time
        one.readInt64(); // log start offset
        return produced;
      });
    })
    .flat();
  return { partitions, clientSideThrottleTime: decoder.readInt32() };
}

/**
 * Produce, version 7 (Kafka 2.1), for batches of different partitions of one leader. The errors of single partitions are
 * told, not thrown.
 * @param timeout milliseconds the leader may wait for its followers
 */
export const produceRequest = (
  transactionalId: string,
  batches: readonly ProducedBatch[],
  timeout: number,
): ProtocolRequest<ProduceAnswer> => ({
  request: {
    apiKey: API_KEYS.Produce,
    apiVersion: 7,
    apiName: 'Produce',
    encode: async () => encode(transactionalId, batches, timeout),
  },
  response: { decode: async (raw) => decode(raw), parse: async (answer) => answer },
});
