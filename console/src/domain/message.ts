import { isUtf8 } from 'node:buffer';
import type { LogRecord } from '@order-flow/event-log';
import type { Message, MessageValue } from '../shapes.js';

/** Bytes of a value that are shown. */
export const VALUE_LIMIT = 64 * 1024;

/** The longest beginning that ends between two characters. */
const beginningOf = (text: Buffer, limit: number): string =>
  new TextDecoder('utf-8').decode(text.subarray(0, limit), { stream: true });

function parsed(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/**
 * A value as JSON where it is JSON, as text where it is UTF-8, else as base64.
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
