import { isUtf8 } from 'node:buffer';
import type { LogRecord } from '@order-flow/event-log';
import type { Message, MessageValue } from '../shapes.js';

/** Bytes of a value that are shown. */
export const VALUE_LIMIT = 64 * 1024;
/** Arrays and objects within each other; with thousands, JSON can be read, but not written again. */
const DEPTH_LIMIT = 100;
/** Numbers with so many keep them all in a double. */
const EXACT_DIGITS = 15;
/** Of JSON: strings, and as the group numbers. */
const NUMBERS = /"[^"\\]*(?:\\.[^"\\]*)*"|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

/** The longest beginning that ends between two characters. */
const beginningOf = (text: Buffer, limit: number): string =>
  new TextDecoder('utf-8').decode(text.subarray(0, limit), { stream: true });

const isDeeper = (json: unknown, levels: number): boolean =>
  typeof json === 'object' &&
  json !== null &&
  (levels === 0 || Object.values(json).some((member) => isDeeper(member, levels - 1)));

/** Whether the number is the same when it is read and written again. */
function isKept(literal: string): boolean {
  const value = Number(literal);
  if (!Number.isFinite(value)) return false;
  const digits = literal.replace(/e.*/i, '').replace(/\D/g, '').replace(/^0+/, '');
  return (digits.length <= EXACT_DIGITS && (value !== 0 || digits === '')) || String(value) === literal;
}

/** Undefined also of JSON that cannot be passed on as what it is. */
function parsed(text: string): { readonly json: unknown } | undefined {
  try {
    const json = JSON.parse(text) as unknown;
    const isSame =
      !isDeeper(json, DEPTH_LIMIT) && [...text.matchAll(NUMBERS)].every(([, found]) => !found || isKept(found));
    return isSame ? { json } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A value as JSON where it is JSON that a page can read and write without a loss, as text where it is UTF-8, else as base64.
 * @param limit bytes; of a longer value only the beginning is given, as text or base64
 */
export function presentValue(value: Buffer | null, limit = VALUE_LIMIT): MessageValue {
  if (!value) return { format: 'none', bytes: 0, truncated: false };
  const bytes = value.length;
  const truncated = bytes > limit;
  if (!isUtf8(value)) {
    return { format: 'base64', text: value.subarray(0, limit).toString('base64'), bytes, truncated };
  }
  if (truncated) return { format: 'text', text: beginningOf(value, limit), bytes, truncated };
  const text = value.toString('utf8');
  const result = parsed(text);
  return result
    ? { format: 'json', json: result.json, bytes, truncated: false }
    : { format: 'text', text, bytes, truncated };
}

/** A record as the API shows it. */
export function presentMessage(record: LogRecord, limit = VALUE_LIMIT): Message {
  const { topic, partition, offset, timestamp, key, headers, value } = record;
  return { topic, partition, offset, timestamp, key, headers, value: presentValue(value, limit) };
}
