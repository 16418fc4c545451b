import { bridgedCategories } from '@order-flow/contracts';
import type { EventStore } from '@order-flow/event-store';
import type { Finding, TopicEvent, Topics } from './topics.js';

async function storedEvents(store: EventStore): Promise<Map<string, string>> {
  const streamPrefixes = Object.keys(bridgedCategories).map((category) => `${category}-`);
  const stored = new Map<string, string>();
  for await (const { id, stream } of store.readAll({ filter: { streamPrefixes } })) stored.set(id, stream);
  return stored;
}

/** Every event of the event store stands on its topic once, and in the order of its stream. */
export async function checkBridge(store: EventStore, topics: Topics): Promise<Finding> {
  const violations: string[] = [];
  const stored = await storedEvents(store);
  const missing = new Set(stored.keys());
  const next = new Map<string, number>();
  const check = (topic: string, { event }: TopicEvent): void => {
    const { id, type, subject, streamrevision = -1 } = event;
    if (!stored.has(id)) violations.push(`${type} ${id} on ${topic} is not in the event store`);
    else if (!missing.delete(id)) violations.push(`${type} ${id} stands twice on ${topic}`);
    const stream = `${topic}/${subject}`;
    if (streamrevision !== (next.get(stream) ?? 0))
      violations.push(`${stream} is out of order at revision ${streamrevision}`);
    next.set(stream, streamrevision + 1);
  };
  for (const { name } of Object.values(bridgedCategories)) {
    for (const event of topics.get(name) ?? []) check(name, event);
  }
  for (const id of missing) violations.push(`event ${id} of ${stored.get(id) ?? ''} was never carried`);
  return { claim: 'event store and topics hold the same events, once and in order', violations, checked: stored.size };
}

/** No event id stands twice on any topic. */
export function checkUniqueness(topics: Topics): Finding {
  const seen = new Set<string>();
  const violations: string[] = [];
  for (const [topic, events] of topics) {
    for (const { event } of events) {
      if (seen.has(event.id)) violations.push(`${event.type} ${event.id} stands twice (${topic})`);
      seen.add(event.id);
    }
  }
  return { claim: 'no event stands twice on any topic', violations, checked: seen.size };
}
