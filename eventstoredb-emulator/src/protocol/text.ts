import type { Shared } from './generated.js';
import { StreamIdentifier, UUID } from './generated.js';

const UUID_SHAPE = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const GROUPS = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;

/** The stream's name, or undefined where none is given. */
export function streamName(identifier: Shared.StreamIdentifier | undefined): string | undefined {
  const bytes = identifier?.getStreamName_asU8();
  return bytes && bytes.length > 0 ? Buffer.from(bytes).toString('utf8') : undefined;
}

export function streamIdentifier(stream: string): Shared.StreamIdentifier {
  return new StreamIdentifier().setStreamName(Buffer.from(stream, 'utf8'));
}

/** In lower case, or undefined for what is no UUID. Clients send it as text or as two numbers of 64 bits. */
export function uuidText(uuid: Shared.UUID | undefined): string | undefined {
  const structured = uuid?.getStructured();
  if (!structured) {
    const text = uuid?.getString().toLowerCase() ?? '';
    return UUID_SHAPE.test(text) ? text : undefined;
  }
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(structured.getMostSignificantBits())), 0);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(structured.getLeastSignificantBits())), 8);
  return bytes.toString('hex').replace(GROUPS, '$1-$2-$3-$4-$5');
}

/** In the form that the client asked for. */
export function uuidMessage(text: string, structured: boolean): Shared.UUID {
  if (!structured) return new UUID().setString(text);
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  const numbers = new UUID.Structured();
  numbers.setMostSignificantBits(bytes.readBigInt64BE(0).toString());
  numbers.setLeastSignificantBits(bytes.readBigInt64BE(8).toString());
  return new UUID().setStructured(numbers);
}
