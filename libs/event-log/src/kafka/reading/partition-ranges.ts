import type { Offset, TopicPartition } from '../../port.js';
import { nested } from '../by-topic.js';
import type { KafkaConnection } from '../connection.js';
import { type Persistence, persist } from '../protocol/persistence.js';

/** What ListOffsets takes for a time. */
export const FIRST = -2;
export const END = -1;
const READ_COMMITTED = 1;

/**
 * Offsets by time: that of the first record at or after it (-1 when there is none), or FIRST, or END (the last stable
 * offset). In the order given.
 * @throws what the brokers answered, once it no longer passes
 */
export async function offsetsAt(
  connection: KafkaConnection,
  partitions: readonly TopicPartition[],
  timestamp: number,
  how?: Partial<Persistence>,
): Promise<readonly Offset[]> {
  const ask = async (): Promise<readonly Offset[]> => {
    const found = new Map<string, number>();
    const byLeader = new Map<string, TopicPartition[]>();
    for (const one of partitions) {
      const leader = connection.leaderOf(one);
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), one]);
    }
    const asked = [...byLeader].map(async ([leader, led]) => {
      const broker = await connection.node(leader);
      const topics = nested(led, ({ partition }) => ({ partition, timestamp }));
      const { responses } = await connection.ask(
        broker,
        broker.listOffsets({ isolationLevel: READ_COMMITTED, topics }),
        'ListOffsets',
      );
      for (const { topic, partitions: told } of responses) {
        for (const { partition, offset } of told) found.set(`${topic}/${partition}`, Number(offset));
      }
    });
    await Promise.all(asked);
    return partitions.map(({ topic, partition }) => ({
      topic,
      partition,
      offset: found.get(`${topic}/${partition}`) ?? -1,
    }));
  };
  let again = false;
  const attempt = async (): Promise<readonly Offset[]> => {
    if (again) await connection.refresh();
    again = true;
    return ask();
  };
  return persist(attempt, { within: connection.settings.patience, ...how });
}
