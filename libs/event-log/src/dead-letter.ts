import { type EventLog, type Headers, LogError, type LogRecord, type NewRecord, type Offset } from './port.js';
import { LARGEST_RECORD, recordSize } from './record-size.js';

const MESSAGE_LIMIT = 2_000;
const CODE_LIMIT = 200;
const OWN = /^dlq-/;
const LEFT_OUT = 'dlq-left-out';
/** In this order parts of a record are left out of its letter until this is small enough. */
const PARTS = ['value', 'headers', 'key'] as const;

/** Where a letter goes, and what it says besides what is wrong. */
export interface Letterbox {
  readonly topic: string;
  readonly partition?: number;
  /** Their names begin with `dlq-`. */
  readonly headers?: Headers;
  /** Parts that are not there to be written: see {@link partsLeftOut}. */
  readonly without?: number;
}

function reason({ topic, partition, offset }: Offset, error: Error): Headers {
  const { code } = error as Error & { code?: unknown };
  return {
    'dlq-error': error.message.slice(0, MESSAGE_LIMIT),
    'dlq-code': (typeof code === 'string' ? code : error.name).slice(0, CODE_LIMIT),
    'dlq-topic': topic,
    'dlq-partition': String(partition),
    'dlq-offset': String(offset),
  };
}

/** The headers a record had before it was parked. */
export const headersBefore = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN.test(name)));

/**
 * A failed record as it is parked: as it was, and what went wrong and where it stood in headers `dlq-error`, `dlq-code`,
 * `dlq-topic`, `dlq-partition`, `dlq-offset`. A record that is too large with them is parked without its value, if need be
 * without its headers and key too; `dlq-left-out` names what is missing, and {@link readOriginal} finds it while the topic
 * has it. So no log refuses a letter for its size.
 */
export function deadLetter(record: LogRecord, error: Error, letterbox: Letterbox): NewRecord {
  const { topic, partition, headers, without = 0 } = letterbox;
  const { key, value, timestamp } = record;
  const before = headersBefore(record.headers);
  const dlq = { ...reason(record, error), ...headers };
  const leaving = (parts: number): NewRecord => ({
    topic,
    ...(partition === undefined ? {} : { partition }),
    key: parts > 2 ? null : key,
    value: parts > 0 ? null : value,
    timestamp,
    headers: {
      ...(parts > 1 ? {} : before),
      ...dlq,
      ...(parts > 0 ? { [LEFT_OUT]: PARTS.slice(0, parts).join(', ') } : {}),
    },
  });
  let parts = without;
  while (parts < PARTS.length && recordSize(leaving(parts)) > LARGEST_RECORD) parts++;
  return leaving(parts);
}

/** How many parts of its record a letter does not have: 1 the value, 2 the headers too, 3 the key too. */
export const partsLeftOut = ({ headers = {} }: Pick<NewRecord, 'headers'>): number =>
  headers[LEFT_OUT]?.split(', ').length ?? 0;

/** Where a parked record stood. */
export const originalOf = ({ headers = {} }: Pick<NewRecord, 'headers'>): Offset => ({
  topic: headers['dlq-topic'] ?? '',
  partition: Number(headers['dlq-partition']),
  offset: Number(headers['dlq-offset']),
});

/**
 * Reads the record that stands at an offset.
 * @returns undefined when it was deleted, or the signal was aborted
 * @throws LogError LOG_UNAVAILABLE, LOG_REFUSED, LOG_CORRUPT
 */
export async function readOriginal(log: EventLog, at: Offset, signal: AbortSignal): Promise<LogRecord | undefined> {
  try {
    for await (const { records, nextOffset } of log.read([at], { follow: false, signal, maxRecords: 1 })) {
      const [record] = records;
      if (record?.offset === at.offset) return record;
      if (nextOffset > at.offset) return undefined;
    }
    return undefined;
  } catch (error) {
    const gone = error instanceof LogError && (error.code === 'OFFSET_OUT_OF_RANGE' || error.code === 'UNKNOWN_TOPIC');
    if (gone) return undefined;
    throw error;
  }
}
