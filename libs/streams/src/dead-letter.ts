import { deadLetterHeaders, type LogRecord, type NewRecord } from '@order-flow/event-log';
import { deadLetterTopic } from './graph.js';

const STACK_LIMIT = 2_000;

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
