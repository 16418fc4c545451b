import type { Headers, LogRecord } from './port.js';

const MESSAGE_LIMIT = 2_000;

/** The headers of a parked record: its own, and what went wrong and where it stood as `dlq-…`. */
export function deadLetterHeaders({ topic, partition, offset, headers }: LogRecord, error: Error): Headers {
  const { code } = error as Error & { code?: unknown };
  return {
    ...headers,
    'dlq-error': error.message.slice(0, MESSAGE_LIMIT),
    'dlq-code': typeof code === 'string' ? code : error.name,
    'dlq-topic': topic,
    'dlq-partition': String(partition),
    'dlq-offset': String(offset),
  };
}
