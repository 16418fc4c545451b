import { API_KEYS, createErrorFromCode, type ProtocolRequest } from './kafkajs-internals.js';
import type { Producer } from './producer.js';
import { FLEXIBLE, flexibleRequest } from './wire.js';

/** EndTxn, version 5 (Kafka 4.0), which kafkajs lacks. @returns who writes the next transaction */
export const endTxnRequest = (producer: Producer, commit: boolean): ProtocolRequest<Producer> =>
  flexibleRequest({
    apiKey: API_KEYS.EndTxn,
    apiVersion: 5,
    apiName: 'EndTxn',
    encode: (encoder) => {
      FLEXIBLE.text(encoder, producer.transactionalId).writeInt64(producer.producerId);
      FLEXIBLE.end(encoder.writeInt16(producer.producerEpoch).writeBoolean(commit));
    },
    decode: (decoder) => {
      decoder.readInt32(); // throttle time
      const errorCode = decoder.readInt16();
      if (errorCode !== 0) throw createErrorFromCode(errorCode);
      return { ...producer, producerId: String(decoder.readInt64()), producerEpoch: decoder.readInt16() };
    },
  });
