const MULTIPLIER = 0x5bd1e995;
const SEED = 0x9747b28c;

/** The one to three bytes after the last full word, little endian. */
function tailOf(bytes: Uint8Array, start: number): number {
  let tail = 0;
  for (let index = bytes.length - 1; index >= start; index--) tail = (tail << 8) | (bytes[index] ?? 0);
  return tail;
}

/**
 * 32-bit MurmurHash2 with Kafka's seed (Austin Appleby's algorithm; `org.apache.kafka.common.utils.Utils.murmur2`).
 * Strings are hashed as UTF-8.
 * @returns a signed 32-bit integer, as Kafka's Java client does
 */
export function murmur2(key: string | Uint8Array): number {
  const bytes = typeof key === 'string' ? Buffer.from(key) : key;
  const words = bytes.length >> 2;
  let hash = SEED ^ bytes.length;
  for (let word = 0; word < words; word++) {
    const at = word * 4;
    const little =
      (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    let mixed = Math.imul(little, MULTIPLIER);
    mixed = Math.imul(mixed ^ (mixed >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ mixed;
  }
  if (bytes.length % 4 !== 0) hash = Math.imul(hash ^ tailOf(bytes, words * 4), MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/** The partition Kafka's default partitioner gives a key; 0 for a keyless record. */
export const partitionForKey = (key: string | null, partitionCount: number): number =>
  key === null ? 0 : (murmur2(key) & 0x7fffffff) % partitionCount;
