/** Groups by topic, in the order in which topics first appear: Kafka's requests are nested so. */
export function byTopic<T extends { readonly topic: string }>(all: Iterable<T>): Map<string, T[]> {
  const topics = new Map<string, T[]>();
  for (const one of all) {
    const same = topics.get(one.topic);
    if (same) same.push(one);
    else topics.set(one.topic, [one]);
  }
  return topics;
}

/** As kafkajs' requests want them. */
export const nested = <T extends { readonly topic: string }, P>(
  all: Iterable<T>,
  inner: (one: T) => P,
): { topic: string; partitions: P[] }[] =>
  [...byTopic(all)].map(([topic, ones]) => ({ topic, partitions: ones.map(inner) }));
