import { openKafkaEventLog } from '@order-flow/event-log';
import { Kafka, logLevel } from 'kafkajs';
import { eventually } from './eventually.js';
import type { SettlingLog } from './renamed-log.js';

/** The brokers to test on. @throws Error when KAFKA_BROKERS is not set */
export function kafkaBrokers(): readonly string[] {
  const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',').filter((broker) => broker !== '');
  if (brokers.length === 0) throw new Error('KAFKA_BROKERS names the servers to test on; it is not set');
  return brokers;
}

/** A log on Kafka that tells when transactions are over: their markers follow the answer to a commit. */
export async function openSettlingKafka(brokers: readonly string[]): Promise<SettlingLog> {
  // The shortest session that a broker grants by default.
  const log = await openKafkaEventLog({ brokers, sessionTimeout: 6_000, heartbeatInterval: 1_000 });
  const admin = new Kafka({ brokers: [...brokers], clientId: 'test', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const isSettled = async (topic: string): Promise<boolean> => {
    const stable = new Map((await log.admin.partitions(topic)).map(({ partition, end }) => [partition, end]));
    const written = await admin.fetchTopicOffsets(topic);
    return written.every(({ partition, high }) => (stable.get(partition) ?? 0) >= Number(high));
  };
  return {
    admin: log.admin,
    identity: () => log.identity(),
    openWriter: (id) => log.openWriter(id),
    read: (from, options) => log.read(from, options),
    join: (group, topics, signal) => log.join(group, topics, signal),
    settled: (topic) => eventually(`the end of transactions in ${topic}`, () => isSettled(topic), { within: 30_000 }),
    async close() {
      await admin.disconnect();
      await log.close();
    },
  };
}
