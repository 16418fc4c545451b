import type { z } from 'zod';
import { type CloudEvent, ContractError, describeIssues, Envelope, type EventType } from './event.js';
import { parserOf } from './parser.js';

/** How a topic is made. Partition count is one number for the whole system (all but `bridge.checkpoint`). */
export interface TopicSettings {
  readonly name: string;
  /** What the key is, for people. */
  readonly key: string;
  readonly cleanup: 'delete' | 'compact';
  /** Milliseconds; -1 keeps for ever. */
  readonly retentionMs: number;
  /** Fixed count where it differs from the system's. */
  readonly partitions?: number;
}

const parseEnvelope = parserOf(Envelope);

type EventTypes = Readonly<Record<string, EventType>>;

/** A topic of CloudEvents: settings, and the event types that may stand on it. */
export interface EventTopic<Types extends EventTypes = EventTypes> extends TopicSettings {
  readonly types: Types;
}

/** The union of a topic's events, discriminated by `type`. */
export type EventOf<Topic extends EventTopic> = Topic extends EventTopic
  ? {
      [Type in keyof Topic['types'] & string]: CloudEvent<Type, z.infer<Topic['types'][Type]['schema']>>;
    }[keyof Topic['types'] & string]
  : never;

/** The union of a topic's undressed events, as deciders make them. */
export type DomainEventOf<Topic extends EventTopic> = {
  [Type in keyof Topic['types'] & string]: {
    readonly type: Type;
    readonly data: z.infer<Topic['types'][Type]['schema']>;
  };
}[keyof Topic['types'] & string];

export function eventTopic<const Types extends EventTypes>(
  name: string,
  key: string,
  types: Types,
  settings: Partial<Omit<TopicSettings, 'name' | 'key'>> = {},
): EventTopic<Types> {
  return { name, key, types, cleanup: 'delete', retentionMs: -1, ...settings };
}

/** Brings data of any known version to the newest. @throws ContractError NEWER_VERSION, BAD_DATA */
export function upcast(type: string, definition: EventType, version: number, data: unknown): unknown {
  if (version > definition.version) {
    throw new ContractError('NEWER_VERSION', `${type} has version ${version}, known up to ${definition.version}`);
  }
  let current = data;
  for (let from = version; from < definition.version; from++) {
    const step = definition.upcasters[from] as ((value: unknown) => unknown) | undefined;
    if (!step) throw new ContractError('BAD_DATA', `${type} has no upcaster from version ${from}`);
    try {
      current = step(current);
    } catch (cause) {
      throw new ContractError('BAD_DATA', `${type} version ${from} cannot be upcast: ${String(cause)}`, { cause });
    }
  }
  return current;
}

/**
 * Checks data against a type's newest schema, after upcasting.
 * @throws ContractError UNKNOWN_TYPE, NEWER_VERSION, BAD_DATA
 */
export function parseData<Topic extends EventTopic>(topic: Topic, type: string, version: number, data: unknown) {
  const definition = Object.hasOwn(topic.types, type) ? topic.types[type] : undefined;
  if (!definition) throw new ContractError('UNKNOWN_TYPE', `${type} is no event of ${topic.name}`);
  const result = definition.parse(upcast(type, definition, version, data));
  if (!result.success) throw new ContractError('BAD_DATA', `${type}: ${describeIssues(result.error)}`);
  return { type, version: definition.version, data: result.data } as const;
}

/** Checks a value that should be an event of the topic. @throws ContractError */
export function parseEvent<Topic extends EventTopic>(topic: Topic, value: unknown): EventOf<Topic> {
  const envelope = parseEnvelope(value);
  if (!envelope.success) throw new ContractError('BAD_ENVELOPE', describeIssues(envelope.error));
  const event = envelope.data;
  const { data, version } = parseData(topic, event.type, event.schemaversion, event.data);
  const unchanged = data === event.data && version === event.schemaversion;
  return (unchanged ? event : { ...event, schemaversion: version, data }) as EventOf<Topic>;
}

/** A record as far as it matters here: its bytes, and the place for their event where consumers share the record. */
export interface Encoded {
  readonly value: Uint8Array | null;
  decoded?: unknown;
}

/**
 * Reads an event off a record, once where the record has a place to keep it; events are immutable.
 * @throws ContractError
 */
export function decodeEvent<Topic extends EventTopic>(topic: Topic, record: Encoded): EventOf<Topic> {
  if (!record.value) throw new ContractError('BAD_ENVELOPE', 'the record has no value');
  const known = record.decoded as CloudEvent | undefined;
  if (known && Object.hasOwn(topic.types, known.type)) return known as EventOf<Topic>;
  const event = parseEvent(topic, parseJson(record.value));
  if ('decoded' in record) record.decoded = event;
  return event;
}

function parseJson(value: Uint8Array): unknown {
  try {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new ContractError('NOT_JSON', `the record's value is not JSON (${value.byteLength} bytes)`, { cause });
  }
}

/** Structured-mode CloudEvents JSON. */
export const encodeEvent = (event: CloudEvent): Buffer => Buffer.from(JSON.stringify(event));
