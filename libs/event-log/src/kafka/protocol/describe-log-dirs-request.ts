import type { TopicName, TopicPartition } from '../../port.js';
import { API_KEYS, DecoderClass, EncoderClass, type ProtocolRequest } from './kafkajs-internals.js';

export interface PartitionSize extends TopicPartition {
  readonly bytes: number;
}

function decode(raw: Buffer): readonly PartitionSize[] {
  const decoder = new DecoderClass(raw);
  decoder.readInt32(); // throttle time
  return decoder
    .readArray((directory) => {
      directory.readInt16(); // error code; such a directory names no topics
      directory.readString(); // its path
      return directory.readArray((each) => {
        const topic = each.readString() ?? '';
        return each.readArray((one) => {
          const size = { topic, partition: one.readInt32(), bytes: Number(one.readInt64()) };
          one.readInt64(); // lag of a replica that moves
          one.readInt8(); // whether it is such a one
          return size;
        });
      });
    })
    .flat(2);
}

/** DescribeLogDirs, version 1 (Kafka 2.0), which kafkajs lacks: the sizes of the partitions that one broker keeps. */
export const describeLogDirsRequest = (
  topic: TopicName,
  partitions: readonly number[],
): ProtocolRequest<readonly PartitionSize[]> => ({
  request: {
    apiKey: API_KEYS.DescribeLogDirs,
    apiVersion: 1,
    apiName: 'DescribeLogDirs',
    encode: async () => {
      const encoder = new EncoderClass();
      encoder.writeInt32(1).writeString(topic).writeInt32(partitions.length);
      for (const partition of partitions) encoder.writeInt32(partition);
      return encoder;
    },
  },
  response: { decode: async (raw) => decode(raw), parse: async (answer) => answer },
});
