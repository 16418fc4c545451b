import { bridgedCategories, decodeEvent, type EventTopic, eventTopics } from '@order-flow/contracts';
import type { EventLog } from '@order-flow/event-log';
import type { EventStore } from '@order-flow/event-store';

async function idsOn(log: EventLog, topic: EventTopic): Promise<string[]> {
  const partitions = await log.admin.partitions(topic.name);
  const from = partitions.map(({ partition, begin }) => ({ topic: topic.name, partition, offset: begin }));
  const ids: string[] = [];
  for await (const { records } of log.read(from, { follow: false, signal: new AbortController().signal })) {
    for (const record of records) ids.push(decodeEvent<EventTopic>(topic, record).id);
  }
  return ids;
}

/** What differs between the event store and the topics, and what stands on the topics twice; empty when all is right. */
export async function auditLog(store: EventStore, log: EventLog): Promise<string[]> {
  const findings: string[] = [];
  const seen = new Set<string>();
  const carried = new Set<string>();
  const bridged = new Set(Object.values(bridgedCategories).map(({ name }) => name));
  for (const topic of eventTopics) {
    for (const id of await idsOn(log, topic)) {
      if (seen.has(id)) findings.push(`${id} stands twice, at last on ${topic.name}`);
      seen.add(id);
      if (bridged.has(topic.name)) carried.add(id);
    }
  }
  const streamPrefixes = Object.keys(bridgedCategories).map((category) => `${category}-`);
  for await (const { id, stream } of store.readAll({ filter: { streamPrefixes } })) {
    if (!carried.delete(id)) findings.push(`${id} of ${stream} is not on its topic`);
  }
  return [...findings, ...[...carried].map((id) => `${id} is not in the event store`)];
}
