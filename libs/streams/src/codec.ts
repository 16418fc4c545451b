import {
  CLOUD_EVENTS_CONTENT_TYPE,
  type CloudEvent,
  decodeEvent,
  deterministicId,
  encodeEvent,
  type EventTopic,
  parserOf,
  rfc3339,
} from '@order-flow/contracts';
import type { LogRecord, NewRecord } from '@order-flow/event-log';
import type { z } from 'zod';
import { type Cause, originOf, type Rec } from './record.js';

/** Reads CloudEvents. */
export const eventDecoder =
  (topic: EventTopic) =>
  (record: LogRecord): Rec => {
    const event: CloudEvent = decodeEvent<EventTopic>(topic, record);
    return {
      key: record.key ?? event.subject,
      value: event,
      timestamp: record.timestamp,
      cause: {
        origin: originOf(record),
        eventId: event.id,
        correlationId: event.correlationid,
        traceparent: event.traceparent,
      },
    };
  };

/** What makes an output's id, besides the topology: see {@link eventEncoder}. */
export type IdParts = (value: { readonly type: string; readonly data: unknown }, record: Rec) => readonly string[];

/**
 * Writes CloudEvents. The id is a UUIDv5 of the topology and the id parts (default: the causing event's id, the type and
 * the key), so that a replay makes the same ids.
 */
export const eventEncoder = (topology: string, topic: EventTopic, idParts: IdParts) => {
  const encode = (record: Rec): NewRecord => {
    const { type, data } = record.value as { type: string; data: unknown };
    const { cause } = record;
    const event: CloudEvent = {
      specversion: '1.0',
      id: deterministicId(topology, ...idParts({ type, data }, record)),
      source: `/processors/${topology}`,
      type,
      subject: record.key,
      time: rfc3339(record.timestamp),
      datacontenttype: 'application/json',
      schemaversion: topic.types[type]?.version ?? 1,
      correlationid: cause.correlationId,
      causationid: cause.eventId,
      traceparent: cause.traceparent,
      data,
    };
    return {
      topic: topic.name,
      key: record.key,
      value: encodeEvent(event),
      headers: { 'content-type': CLOUD_EVENTS_CONTENT_TYPE, cause: cause.origin },
      timestamp: record.timestamp,
    };
  };
  return encode;
};

const causeHeaders = (cause: Cause): Record<string, string> => ({
  cause: cause.origin,
  causationid: cause.eventId,
  correlationid: cause.correlationId,
  ...(cause.traceparent ? { traceparent: cause.traceparent } : {}),
});

/** Writes a repartition topic's plain JSON; what CloudEvents carry inside travels in headers. */
export const messageEncoder =
  (topic: string, key: (value: never) => string) =>
  (record: Rec): NewRecord => ({
    topic,
    key: key(record.value as never),
    value: Buffer.from(JSON.stringify(record.value)),
    headers: causeHeaders(record.cause),
    timestamp: record.timestamp,
  });

/** Reads a repartition topic. */
export const messageDecoder = (schema: z.ZodType) => {
  const parse = parserOf(schema);
  const decode = (record: LogRecord): Rec => {
    const result = parse(JSON.parse((record.value ?? Buffer.alloc(0)).toString()));
    if (!result.success) throw result.error;
    const value = result.data;
    const { causationid = '', correlationid = '', traceparent } = record.headers;
    return {
      key: record.key ?? '',
      value,
      timestamp: record.timestamp,
      cause: { origin: originOf(record), eventId: causationid, correlationId: correlationid, traceparent },
    };
  };
  return decode;
};
