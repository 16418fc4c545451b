import type { Offset, TopicName } from '../../port.js';
import { API_KEYS, type Decoder, DecoderClass, EncoderClass, type ProtocolRequest } from './kafkajs-internals.js';

interface FetchedOffsets {
  /** Only what was ever committed. */
  readonly offsets: readonly Offset[];
  /** As Kafka's protocol numbers errors; 0 is none. */
  readonly errorCodes: readonly number[];
}

/** Compact arrays carry their length plus one; null ones 0. */
function readCompactArray<T>(decoder: Decoder, read: (each: Decoder) => T): T[] {
  const count = decoder.readUVarInt() - 1;
  return Array.from({ length: Math.max(0, count) }, () => {
    const one = read(decoder);
    decoder.readTaggedFields();
    return one;
  });
}

function decode(raw: Buffer): FetchedOffsets {
  const decoder = new DecoderClass(raw);
  decoder.readTaggedFields(); // of the header, which kafkajs takes for one without
  decoder.readInt32(); // throttle time
  const partitions = readCompactArray(decoder, (each) => {
    const topic = each.readUVarIntString() ?? '';
    return readCompactArray(each, (one) => {
      const partition = one.readInt32();
      const offset = Number(one.readInt64());
      one.readInt32(); // leader epoch
      one.readUVarIntString(); // metadata
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

function encode(groupId: string, places: Places | undefined, stable: boolean) {
  const encoder = new EncoderClass();
  encoder.writeUVarInt(0); // tagged fields of the header, which kafkajs writes without
  encoder.writeUVarIntString(groupId).writeUVarInt(places ? places.size + 1 : 0);
  for (const [topic, partitions] of places ?? []) {
    encoder.writeUVarIntString(topic).writeUVarInt(partitions.length + 1);
    for (const partition of partitions) encoder.writeInt32(partition);
    encoder.writeUVarInt(0);
  }
  encoder.writeBoolean(stable).writeUVarInt(0);
  return encoder;
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
): ProtocolRequest<FetchedOffsets> => ({
  request: {
    apiKey: API_KEYS.OffsetFetch,
    apiVersion: 7,
    apiName: 'OffsetFetch',
    encode: async () => encode(groupId, places, stable),
  },
  response: { decode: async (raw) => decode(raw), parse: async (answer) => answer },
});
