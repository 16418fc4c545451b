import type { TopicPartition } from '../../port.js';
import { byTopic } from '../by-topic.js';
import { API_KEYS, type Decoder, DecoderClass, EncoderClass, type ProtocolRequest } from './kafkajs-internals.js';

const READ_COMMITTED = 1;
const CONSUMER = -1;

export interface FetchFrom extends TopicPartition {
  readonly offset: number;
}

export interface FetchSettings {
  /** Milliseconds the broker may wait for the first byte. */
  readonly maxWait: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
}

export interface FetchedPartition extends TopicPartition {
  /** As Kafka's protocol numbers errors; 0 is none. */
  readonly errorCode: number;
  /** The last stable offset. */
  readonly end: number;
  readonly aborted: readonly { readonly producerId: bigint; readonly firstOffset: number }[];
  readonly recordSet: Buffer;
}

export interface Fetched {
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

function encode(from: readonly FetchFrom[], settings: FetchSettings) {
  const topics = byTopic(from);
  const encoder = new EncoderClass();
  encoder
    .writeInt32(CONSUMER)
    .writeInt32(settings.maxWait)
    .writeInt32(1) // bytes: whatever there is
    .writeInt32(settings.maxBytes)
    .writeInt8(READ_COMMITTED)
    .writeInt32(0) // no fetch session
    .writeInt32(-1)
    .writeInt32(topics.size);
  for (const [topic, partitions] of topics) {
    encoder.writeString(topic).writeInt32(partitions.length);
    for (const { partition, offset } of partitions) {
      encoder
        .writeInt32(partition)
        .writeInt32(-1) // leader epoch: not known
        .writeInt64(offset)
        .writeInt64(-1) // log start offset: only followers say it
        .writeInt32(settings.maxPartitionBytes);
    }
  }
  encoder.writeInt32(0).writeString(''); // nothing to forget, no rack
  return encoder;
}

const EMPTY = Buffer.alloc(0);

function decodePartition(decoder: Decoder, topic: string): FetchedPartition {
  const partition = decoder.readInt32();
  const errorCode = decoder.readInt16();
  decoder.readInt64(); // high watermark
  const end = Number(decoder.readInt64());
  decoder.readInt64(); // log start offset
  const aborted = decoder.readArray((each) => ({
    producerId: each.readInt64(),
    firstOffset: Number(each.readInt64()),
  }));
  decoder.readInt32(); // preferred read replica
  const recordSet = decoder.readBytes() ?? EMPTY;
  return { topic, partition, errorCode, end, aborted, recordSet };
}

function decode(raw: Buffer): Fetched {
  const decoder = new DecoderClass(raw);
  const clientSideThrottleTime = decoder.readInt32();
  const errorCode = decoder.readInt16();
  decoder.readInt32(); // session
  const partitions = decoder
    .readArray((each) => {
      const topic = each.readString() ?? '';
      return each.readArray((one) => decodePartition(one, topic));
    })
    .flat();
  return { clientSideThrottleTime, errorCode, partitions };
}

/**
 * Fetch, version 11 (Kafka 2.3), read-committed. kafkajs' own decoder takes no notice of batches without records, after
 * which a reader of a compacted or aborted stretch would not know its position, and costs several times as much.
 */
export const fetchRequest = (from: readonly FetchFrom[], settings: FetchSettings): ProtocolRequest<Fetched> => ({
  request: {
    apiKey: API_KEYS.Fetch,
    apiVersion: 11,
    apiName: 'Fetch',
    encode: async () => encode(from, settings),
  },
  response: { decode: async (raw) => decode(raw), parse: async (answer) => answer },
  requestTimeout: settings.maxWait + 1_000,
});
