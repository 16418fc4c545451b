import type { LogRecord, NewRecord } from '@order-flow/event-log';
import { deadLetterTopic } from './graph.js';

const STACK_LIMIT = 2_000;

/** The failed record as it was, with what went wrong and where it stood in headers. */
export function deadLetter(topology: string, record: LogRecord, error: Error): NewRecord {
  const { code } = error as Error & { code?: unknown };
  return {
    topic: deadLetterTopic(topology),
    partition: record.partition,
    key: record.key,
    value: record.value,
    timestamp: record.timestamp,
    headers: {
      ...record.headers,
      'dlq-error': error.message.slice(0, STACK_LIMIT),
      'dlq-code': typeof code === 'string' ? code : error.name,
      'dlq-topic': record.topic,
      'dlq-partition': String(record.partition),
      'dlq-offset': String(record.offset),
      'dlq-stack': (error.stack ?? '').slice(0, STACK_LIMIT),
    },
  };
}
