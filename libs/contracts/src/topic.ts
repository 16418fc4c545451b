import type { z } from 'zod';
import { type CloudEvent, ContractError, describeIssues, Envelope, type EventType } from './event.js';

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
  const result = definition.schema.safeParse(upcast(type, definition, version, data));
  if (!result.success) throw new ContractError('BAD_DATA', `${type}: ${describeIssues(result.error)}`);
  return { type, version: definition.version, data: result.data } as const;
}

/** Checks a value that should be an event of the topic. @throws ContractError */
export function parseEvent<Topic extends EventTopic>(topic: Topic, value: unknown): EventOf<Topic> {
  const envelope = Envelope.safeParse(value);
  if (!envelope.success) throw new ContractError('BAD_ENVELOPE', describeIssues(envelope.error));
  const { data, version } = parseData(topic, envelope.data.type, envelope.data.schemaversion, envelope.data.data);
  return { ...envelope.data, schemaversion: version, data } as EventOf<Topic>;
}

/** Events by the very bytes they were read from: consumers that share a record's bytes share the work. */
const decodedEvents = new WeakMap<Uint8Array, CloudEvent>();

/**
 * Reads an event off a record's value, once for the same bytes object; events are immutable.
 * @throws ContractError
 */
export function decodeEvent<Topic extends EventTopic>(topic: Topic, value: Uint8Array | null): EventOf<Topic> {
  if (!value) throw new ContractError('BAD_ENVELOPE', 'the record has no value');
  const known = decodedEvents.get(value);
  if (known && Object.hasOwn(topic.types, known.type)) return known as EventOf<Topic>;
  const event = parseEvent(topic, parseJson(value));
  decodedEvents.set(value, event);
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
