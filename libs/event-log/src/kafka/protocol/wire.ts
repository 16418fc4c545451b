import { type Decoder, DecoderClass, type Encoder, EncoderClass, type ProtocolRequest } from './kafkajs-internals.js';

/**
 * How a version of a request writes what every request has: texts, lengths, and room for fields that came later
 * (https://kafka.apache.org/documentation/#protocol_types).
 */
export interface Wire {
  text(encoder: Encoder, text: string): Encoder;
  /** The length of an array, or of bytes. */
  length(encoder: Encoder, length: number): Encoder;
  /** Ends a structure, or a header. */
  end(encoder: Encoder): Encoder;
  readText(decoder: Decoder): string;
  readArray<T>(decoder: Decoder, read: (each: Decoder) => T): T[];
  readEnd(decoder: Decoder): void;
}

const nothing = (): void => undefined;

/** Of the older versions. */
export const PLAIN: Wire = {
  text: (encoder, text) => encoder.writeString(text),
  length: (encoder, length) => encoder.writeInt32(length),
  end: (encoder) => encoder,
  readText: (decoder) => decoder.readString() ?? '',
  readArray: (decoder, read) => decoder.readArray(read),
  readEnd: nothing,
};

/** Fields that came with later versions, by their number. (kafkajs takes their lengths for one less than they are.) */
export function readTaggedFields(decoder: Decoder): ReadonlyMap<number, Buffer> {
  const fields = new Map<number, Buffer>();
  for (let left = decoder.readUVarInt(); left > 0; left--) {
    const tag = decoder.readUVarInt();
    const bytes = decoder.readBytes(decoder.readUVarInt());
    if (bytes) fields.set(tag, bytes);
  }
  return fields;
}

/** Of the "flexible" versions: lengths are written as one more than they are, 0 for null. */
export const FLEXIBLE: Wire = {
  text: (encoder, text) => encoder.writeUVarIntString(text),
  length: (encoder, length) => encoder.writeUVarInt(length + 1),
  end: (encoder) => encoder.writeUVarInt(0),
  readText: (decoder) => decoder.readUVarIntString() ?? '',
  readArray: (decoder, read) =>
    Array.from({ length: Math.max(0, decoder.readUVarInt() - 1) }, () => {
      const one = read(decoder);
      readTaggedFields(decoder);
      return one;
    }),
  readEnd: (decoder) => void readTaggedFields(decoder),
};

interface FlexibleRequest<Answer> {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  encode(encoder: Encoder): void;
  decode(decoder: Decoder): Answer;
}

/** A request in a flexible version, which kafkajs would send with a header of the older kind. */
export const flexibleRequest = <Answer>(flexible: FlexibleRequest<Answer>): ProtocolRequest<Answer> => ({
  request: {
    apiKey: flexible.apiKey,
    apiVersion: flexible.apiVersion,
    apiName: flexible.apiName,
    encode: async () => {
      const encoder = new EncoderClass();
      FLEXIBLE.end(encoder);
      flexible.encode(encoder);
      return encoder;
    },
  },
  response: {
    decode: async (raw) => {
      const decoder = new DecoderClass(raw);
      FLEXIBLE.readEnd(decoder);
      return flexible.decode(decoder);
    },
    parse: async (answer) => answer,
  },
});
