const INTEGER_BYTES = 6;
const UUID_BYTES = 16;

/** Big-endian, so that keys sort as the numbers do. */
export function integerValue(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(INTEGER_BYTES);
  bytes.writeUIntBE(value, 0, INTEGER_BYTES);
  return bytes;
}

export function readInteger(bytes: Buffer): number {
  return bytes.readUIntBE(0, INTEGER_BYTES);
}

/** Streams are numbered: the keys stay short and a stream's entries lie together. */
export function revisionKey(streamNumber: number, revision: number): Buffer {
  const key = Buffer.allocUnsafe(2 * INTEGER_BYTES);
  key.writeUIntBE(streamNumber, 0, INTEGER_BYTES);
  key.writeUIntBE(revision, INTEGER_BYTES, INTEGER_BYTES);
  return key;
}

export function eventIdKey(streamNumber: number, eventId: string): Buffer {
  const key = Buffer.allocUnsafe(INTEGER_BYTES + UUID_BYTES);
  key.writeUIntBE(streamNumber, 0, INTEGER_BYTES);
  key.write(eventId.replaceAll('-', ''), INTEGER_BYTES, 'hex');
  return key;
}
