import { hash, randomBytes } from 'node:crypto';

const NAMESPACE = Buffer.from('8f2c1d6e5b7a5c3e9d404b1f6a2e7c90', 'hex');
/** Bytes. */
const NAME_ROOM = 2_048;
const named = Buffer.concat([NAMESPACE, Buffer.alloc(NAME_ROOM)]);

/** Lower-case textual UUID, e.g. `3f0c…`. */
export type Uuid = string;

/** The first 128 bits of hexadecimal digits as a UUID: the version takes the place of four bits, the variant of two. */
const asUuid = (hex: string, version: number): Uuid => {
  const variant = '89ab'[parseInt(hex.charAt(16), 16) & 3] ?? '8';
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

/** The namespace with the name behind it: in one place for names of usual length. */
function inNamespace(name: string): Buffer {
  if (name.length * 3 > NAME_ROOM) return Buffer.concat([NAMESPACE, Buffer.from(name)]);
  return named.subarray(0, NAMESPACE.length + named.write(name, NAMESPACE.length));
}

/**
 * A name-based UUID version 5 (RFC 9562, section 5.5) in this system's own namespace. The parts are length-prefixed, so
 * that ('ab', 'c') and ('a', 'bc') differ. The same parts always give the same id: that is what makes replays harmless.
 */
export function deterministicId(...parts: readonly string[]): Uuid {
  let name = '';
  for (const part of parts) name += `${part.length}:${part};`;
  return asUuid(hash('sha1', inNamespace(name)), 5);
}

/**
 * A time-ordered random UUID version 7 (RFC 9562, section 5.7).
 * @param now milliseconds since the epoch
 */
export function timeOrderedId(now: number): Uuid {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  return asUuid(bytes.toString('hex'), 7);
}
