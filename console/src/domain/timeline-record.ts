import { Envelope } from '@order-flow/contracts';
import type { LogRecord } from '@order-flow/event-log';
import type { TimelineRecord } from '../shapes.js';
import { causalOrder } from './causal-order.js';
import { presentValue } from './message.js';

const NO_EVENT = { type: null, id: null, source: null, causationId: null, correlationId: null };

function describeEvent(value: Buffer | null) {
  const presented = presentValue(value);
  const envelope = presented.format === 'json' ? Envelope.safeParse(presented.json) : undefined;
  if (!envelope?.success) return { ...NO_EVENT, data: presented };
  const { type, id, source, causationid, correlationid, data } = envelope.data;
  return { type, id, source, causationId: causationid, correlationId: correlationid, data };
}

const errorOf = ({ headers }: LogRecord): TimelineRecord['error'] => {
  const message = headers['dlq-error'];
  return message === undefined ? null : { code: headers['dlq-code'] ?? 'UNKNOWN', message };
};

function describe(record: LogRecord): Omit<TimelineRecord, 'sinceStart'> {
  const { topic, partition, offset, timestamp } = record;
  const error = errorOf(record);
  const event = describeEvent(record.value);
  // A dead letter is a copy of what failed: it comes after it, and causes nothing.
  const place = error ? { id: null, causationId: event.id ?? event.causationId } : {};
  return { topic, partition, offset, timestamp, ...event, ...place, error };
}

/** One order's records as its story: by time, causes first, with the milliseconds since the first. */
export function tellTimeline(records: readonly LogRecord[]): TimelineRecord[] {
  const ordered = causalOrder(records.map(describe));
  const start = ordered[0]?.timestamp ?? 0;
  return ordered.map((record) => ({ ...record, sinceStart: record.timestamp - start }));
}
