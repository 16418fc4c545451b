import type { Offset, TopicName } from '../../port.js';
import { API_KEYS, type Decoder, type Encoder, type ProtocolRequest } from './kafkajs-internals.js';
import { FLEXIBLE, flexibleRequest } from './wire.js';

interface FetchedOffsets {
  /** Only what was ever committed. */
  readonly offsets: readonly Offset[];
  /** As Kafka's protocol numbers errors; 0 is none. */
  readonly errorCodes: readonly number[];
}

function decode(decoder: Decoder): FetchedOffsets {
  decoder.readInt32(); // throttle time
  const partitions = FLEXIBLE.readArray(decoder, (each) => {
    const topic = FLEXIBLE.readText(each);
    return FLEXIBLE.readArray(each, (one) => {
      const partition = one.readInt32();
      const offset = Number(one.readInt64());
      one.readInt32(); // leader epoch
      FLEXIBLE.readText(one); // metadata
      return { topic, partition, offset, errorCode: one.readInt16() };
    });
  }).flat();
  const errorCodes = [...partitions.map(({ errorCode }) => errorCode), decoder.readInt16()];
  const offsets = partitions
    .filter(({ offset }) => offset >= 0)
    .map(({ topic, partition, offset }) => ({ topic, partition, offset }));
  return { offsets, errorCodes: errorCodes.filter((code) => code !== 0) };
}

/** Partitions by topic. */
export type Places = ReadonlyMap<TopicName, readonly number[]>;

function encode(encoder: Encoder, groupId: string, places: Places | undefined, stable: boolean): void {
  FLEXIBLE.text(encoder, groupId);
  if (places) FLEXIBLE.length(encoder, places.size);
  else encoder.writeUVarInt(0);
  for (const [topic, partitions] of places ?? []) {
    FLEXIBLE.length(FLEXIBLE.text(encoder, topic), partitions.length);
    for (const partition of partitions) encoder.writeInt32(partition);
    FLEXIBLE.end(encoder);
  }
  FLEXIBLE.end(encoder.writeBoolean(stable));
}

/**
 * OffsetFetch, version 7 (Kafka 2.5). kafkajs knows no version that tells committed offsets from those of a transaction whose
 * outcome has not arrived yet.
 * @param places undefined for all that were committed
 * @param stable refuse (UNSTABLE_OFFSET_COMMIT) while such a transaction is pending for one of the places
 */
export const offsetFetchRequest = (
  groupId: string,
  places: Places | undefined,
  stable: boolean,
): ProtocolRequest<FetchedOffsets> =>
  flexibleRequest({
    apiKey: API_KEYS.OffsetFetch,
    apiVersion: 7,
    apiName: 'OffsetFetch',
    encode: (encoder) => encode(encoder, groupId, places, stable),
    decode,
  });
