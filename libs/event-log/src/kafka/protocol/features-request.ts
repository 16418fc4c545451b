import { API_KEYS, type Decoder, DecoderClass, type ProtocolRequest } from './kafkajs-internals.js';
import { FLEXIBLE, flexibleRequest, readTaggedFields } from './wire.js';

const SOFTWARE = { name: 'kafka-order-flow', version: '1' };
const FINALIZED_FEATURES = 2;

/** Features that the whole cluster has, with the level it agreed on. */
export type Features = ReadonlyMap<string, number>;

function decodeFeatures(decoder: Decoder): Features {
  const features = FLEXIBLE.readArray(decoder, (each) => {
    const name = FLEXIBLE.readText(each);
    const level = each.readInt16();
    each.readInt16(); // the lowest level
    return [name, level] as const;
  });
  return new Map(features);
}

function decode(decoder: Decoder): Features {
  const errorCode = decoder.readInt16();
  // Brokers older than Kafka 2.4 answer so, and agree on nothing.
  if (errorCode !== 0) return new Map();
  FLEXIBLE.readArray(decoder, (each) => each.readInt16() + each.readInt16() + each.readInt16()); // requests
  decoder.readInt32(); // throttle time
  const agreed = readTaggedFields(decoder).get(FINALIZED_FEATURES);
  return agreed ? decodeFeatures(new DecoderClass(agreed)) : new Map();
}

/** ApiVersions, version 3 (Kafka 2.4), of which kafkajs knows nothing but the versions. Its answer has a header of the older kind. */
export const featuresRequest = (): ProtocolRequest<Features> => {
  const { request, response } = flexibleRequest<Features>({
    apiKey: API_KEYS.ApiVersions,
    apiVersion: 3,
    apiName: 'ApiVersions',
    encode: (encoder) => FLEXIBLE.end(FLEXIBLE.text(FLEXIBLE.text(encoder, SOFTWARE.name), SOFTWARE.version)),
    decode,
  });
  return { request, response: { ...response, decode: async (raw) => decode(new DecoderClass(raw)) } };
};
