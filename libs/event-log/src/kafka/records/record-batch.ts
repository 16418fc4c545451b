/*
 * Kafka's record batch, magic 2 (https://kafka.apache.org/documentation/#recordbatch). Offsets of the header's fields:
 */
export const AT = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;

/** The length field counts what comes after itself. */
export const BEFORE_LENGTH = 12;
export const MAGIC = 2;

export const ATTRIBUTES = { compression: 0x07, logAppendTime: 0x08, transactional: 0x10, control: 0x20 } as const;
