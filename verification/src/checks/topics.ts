import { type CloudEvent, decodeEvent, type EventOf, type EventTopic, eventTopics } from '@order-flow/contracts';
import type { EventLog } from '@order-flow/event-log';

/** A statement that holds or not, with the evidence against it. */
export interface Finding {
  readonly claim: string;
  readonly violations: readonly string[];
  /** What was looked at. */
  readonly checked: number;
}

export interface TopicEvent {
  readonly event: CloudEvent;
}

/** Every event by the topic it stands on. */
export type Topics = ReadonlyMap<string, readonly TopicEvent[]>;

async function readTopic(log: EventLog, topic: EventTopic): Promise<TopicEvent[]> {
  const partitions = await log.admin.partitions(topic.name);
  const from = partitions.map(({ partition, begin }) => ({ topic: topic.name, partition, offset: begin }));
  const events: TopicEvent[] = [];
  for await (const { records } of log.read(from, { follow: false, signal: new AbortController().signal })) {
    for (const record of records) events.push({ event: decodeEvent<EventTopic>(topic, record) });
  }
  return events;
}

/** Reads every topic of events, partition by partition. */
export async function readAllTopics(log: EventLog): Promise<Topics> {
  const topics = new Map<string, TopicEvent[]>();
  for (const topic of eventTopics) topics.set(topic.name, await readTopic(log, topic));
  return topics;
}

/** The events of one topic. */
export const eventsOf = <Topic extends EventTopic>(topics: Topics, topic: Topic): EventOf<Topic>[] =>
  (topics.get(topic.name) ?? []).map(({ event }) => event as EventOf<Topic>);

/** The events of one topic by their subject. */
export function bySubject(topics: Topics, topic: EventTopic): Map<string, CloudEvent[]> {
  const groups = new Map<string, CloudEvent[]>();
  for (const { event } of topics.get(topic.name) ?? []) {
    const group = groups.get(event.subject);
    if (group) group.push(event);
    else groups.set(event.subject, [event]);
  }
  return groups;
}
