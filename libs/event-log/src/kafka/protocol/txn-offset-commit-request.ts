import type { ConsumedOffsets } from '../../port.js';
import { byTopic } from '../by-topic.js';
import {
  API_KEYS,
  createErrorFromCode,
  type Decoder,
  type Encoder,
  type ProtocolRequest,
} from './kafkajs-internals.js';
import type { Producer } from './producer.js';
import { FLEXIBLE, flexibleRequest } from './wire.js';

const NOT_TOLD = -1;

function encode(encoder: Encoder, producer: Producer, { group, offsets }: ConsumedOffsets): void {
  FLEXIBLE.text(FLEXIBLE.text(encoder, producer.transactionalId), group).writeInt64(producer.producerId);
  // No generation, no member: transactional ids fence.
  FLEXIBLE.text(encoder.writeInt16(producer.producerEpoch).writeInt32(NOT_TOLD), '').writeUVarInt(0);
  const topics = byTopic(offsets);
  FLEXIBLE.length(encoder, topics.size);
  for (const [topic, positions] of topics) {
    FLEXIBLE.length(FLEXIBLE.text(encoder, topic), positions.length);
    for (const { partition, offset } of positions) {
      encoder.writeInt32(partition).writeInt64(offset).writeInt32(NOT_TOLD); // leader epoch
      FLEXIBLE.end(encoder.writeUVarInt(0)); // no metadata
    }
    FLEXIBLE.end(encoder);
  }
  FLEXIBLE.end(encoder);
}

interface Acknowledged {
  /** Milliseconds to wait before the next request. */
  readonly clientSideThrottleTime: number;
}

function decode(decoder: Decoder): Acknowledged {
  const clientSideThrottleTime = decoder.readInt32();
  const errorCodes = FLEXIBLE.readArray(decoder, (each) => {
    FLEXIBLE.readText(each); // topic
    return FLEXIBLE.readArray(each, (one) => {
      one.readInt32(); // partition
      return one.readInt16();
    });
  }).flat();
  const failed = errorCodes.find((code) => code !== 0);
  if (failed !== undefined) throw createErrorFromCode(failed);
  return { clientSideThrottleTime };
}

/** TxnOffsetCommit, version 5 (Kafka 4.0), which kafkajs lacks: the group's coordinator adds them to the producer's transaction. */
export const txnOffsetCommitRequest = (producer: Producer, consumed: ConsumedOffsets): ProtocolRequest<Acknowledged> =>
  flexibleRequest({
    apiKey: API_KEYS.TxnOffsetCommit,
    apiVersion: 5,
    apiName: 'TxnOffsetCommit',
    encode: (encoder) => encode(encoder, producer, consumed),
    decode,
  });
