import { z } from 'zod';
import { type Parser, parserOf } from './parser.js';

/**
 * An event as it travels on a topic: CloudEvents 1.0 structured JSON. Extension attributes are lower case because the
 * CloudEvents specification allows nothing else.
 */
export interface CloudEvent<Type extends string = string, Data = unknown> {
  readonly specversion: '1.0';
  /** UUID. The same event has the same id wherever it is seen. */
  readonly id: string;
  /** The part that decided it, e.g. `/command-service` or `/processors/inventory`. */
  readonly source: string;
  /** Past tense, e.g. `OrderConfirmed`. One type belongs to one topic only. */
  readonly type: Type;
  /** The entity's id, and the record's key. */
  readonly subject: string;
  /** RFC 3339, UTC. An output inherits its cause's time. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly schemaversion: number;
  /** The command that began it all. */
  readonly correlationid: string;
  /** The event or command just before. */
  readonly causationid: string;
  /** W3C trace context. */
  readonly traceparent?: string | undefined;
  /** Revision in its stream, for events of the event store: the aggregate's version is this + 1. */
  readonly streamrevision?: number | undefined;
  readonly data: Data;
}

/** What a decider answers: a type and its data, without time, id or position. */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
}

export const CLOUD_EVENTS_CONTENT_TYPE = 'application/cloudevents+json';

/** Everything but `type` and `data`, which the event's own definition checks. */
export const Envelope = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(200),
  source: z.string().min(1).max(200),
  type: z.string().min(1).max(100),
  subject: z.string().min(1).max(200),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  schemaversion: z.int().min(1),
  correlationid: z.string().min(1).max(200),
  causationid: z.string().min(1).max(200),
  traceparent: z.string().max(100).optional(),
  streamrevision: z.int().min(0).optional(),
  data: z.unknown(),
});

type Upcast = (data: never) => unknown;

/** One event type: its newest schema, and how older data becomes newer, one version at a time. */
export interface EventType<Schema extends z.ZodType = z.ZodType> {
  readonly version: number;
  readonly schema: Schema;
  readonly parse: Parser<z.infer<Schema>>;
  readonly upcasters: Readonly<Record<number, Upcast>>;
}

/**
 * Defines an event type. `upcasters[n]` turns data of version n into version n + 1; there is one for every version below
 * the newest.
 * @throws Error at start when an upcaster is missing
 */
export function eventType<Schema extends z.ZodType>(
  schema: Schema,
  version = 1,
  upcasters: Readonly<Record<number, Upcast>> = {},
): EventType<Schema> {
  for (let from = 1; from < version; from++) {
    if (!upcasters[from]) throw new Error(`an upcaster from version ${from} is missing`);
  }
  return { version, schema, parse: parserOf<z.infer<Schema>>(schema as never), upcasters };
}

/** A record that is not what its topic promises. `code` says how; the record belongs in a dead-letter queue. */
export class ContractError extends Error {
  constructor(
    readonly code: 'NOT_JSON' | 'BAD_ENVELOPE' | 'UNKNOWN_TYPE' | 'NEWER_VERSION' | 'BAD_DATA',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ContractError';
  }
}

/** One line, path first: `data.lines.0.quantity: Too small`. */
export const describeIssues = (error: z.ZodError): string =>
  error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || '(root)'}: ${issue.message}`)
    .join('; ');
