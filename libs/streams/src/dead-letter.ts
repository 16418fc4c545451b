import { deadLetterHeaders, type LogRecord, type NewRecord } from '@order-flow/event-log';
import { deadLetterTopic } from './graph.js';

const STACK_LIMIT = 2_000;
const DLQ_HEADER = /^dlq-/;

/** The failed record as it was, with what went wrong and where it stood in headers. */
export function deadLetter(topology: string, record: LogRecord, error: Error): NewRecord {
  return {
    topic: deadLetterTopic(topology),
    partition: record.partition,
    key: record.key,
    value: record.value,
    timestamp: record.timestamp,
    headers: {
      ...deadLetterHeaders(record, error),
      'dlq-stack': (error.stack ?? '').slice(0, STACK_LIMIT),
    },
  };
}

/** The record as it stood on its topic. */
export function withoutDeath(letter: LogRecord): LogRecord {
  const { headers } = letter;
  return {
    ...letter,
    topic: headers['dlq-topic'] ?? '',
    partition: Number(headers['dlq-partition']),
    offset: Number(headers['dlq-offset']),
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !DLQ_HEADER.test(name))),
  };
}
