import { createHash, randomBytes } from 'node:crypto';

const NAMESPACE = Buffer.from('8f2c1d6e5b7a5c3e9d404b1f6a2e7c90', 'hex');

/** Lower-case textual UUID, e.g. `3f0c…`. */
export type Uuid = string;

const format = (bytes: Buffer): Uuid => {
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
};

/**
 * A name-based UUID version 5 (RFC 9562, section 5.5) in this system's own namespace. The parts are length-prefixed, so
 * that ('ab', 'c') and ('a', 'bc') differ. The same parts always give the same id: that is what makes replays harmless.
 */
export function deterministicId(...parts: readonly string[]): Uuid {
  const hash = createHash('sha1').update(NAMESPACE);
  for (const part of parts) hash.update(`${part.length}:${part};`);
  const bytes = hash.digest();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return format(bytes);
}

/**
 * A time-ordered random UUID version 7 (RFC 9562, section 5.7).
 * @param now milliseconds since the epoch
 */
export function timeOrderedId(now: number): Uuid {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return format(bytes);
}
