import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import kafkajs, { type Kafka } from 'kafkajs';
import { holdsWithin } from '../wait.js';
import { type RunningKafka, startKafka } from './start-kafka.js';
import { kafkaStatus } from './status.js';

const TOPIC = 'orders';
const FOUR_SECONDS = 4_000;

const client = (brokers: string): Kafka =>
  new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING });

async function produce(brokers: string, value: string): Promise<void> {
  const producer = client(brokers).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    await producer.send({ topic: TOPIC, acks: -1, messages: [{ key: 'k', value }] });
  } finally {
    await producer.disconnect();
  }
}

async function withAdmin<Result>(brokers: string, work: (admin: kafkajs.Admin) => Promise<Result>): Promise<Result> {
  const admin = client(brokers).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

const inSync = (brokers: string): Promise<readonly number[]> =>
  withAdmin(brokers, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [TOPIC] });
    return (topics[0]?.partitions[0]?.isr ?? []).toSorted();
  });

const states = async ({ stateDir }: RunningKafka) => (await kafkaStatus(stateDir)).parts.map(({ state }) => state);

describe('three brokers', () => {
  let kafka: RunningKafka;
  beforeAll(async () => {
    kafka = await startKafka({ brokers: 3 });
    await withAdmin(kafka.brokers, (admin) =>
      admin.createTopics({ waitForLeaders: true, topics: [{ topic: TOPIC, numPartitions: 1, replicationFactor: 3 }] }),
    );
  }, 120_000);
  afterAll(() => kafka.down());

  it('go on when one is killed, and take it back with what it missed', async () => {
    await produce(kafka.brokers, 'before');
    await kafka.kill(2);
    expect(await states(kafka)).toEqual(['ready', 'stopped', 'ready']);
    expect(await holdsWithin(2 * FOUR_SECONDS, async () => (await inSync(kafka.brokers)).join() === '1,3')).toBe(true);
    await produce(kafka.brokers, 'during');
    await kafka.start(2);
    expect(await states(kafka)).toEqual(['ready', 'ready', 'ready']);
    expect(await holdsWithin(30_000, async () => (await inSync(kafka.brokers)).join() === '1,2,3')).toBe(true);
    const offsets = await withAdmin(kafka.brokers, (admin) => admin.fetchTopicOffsets(TOPIC));
    expect(offsets[0]?.high).toBe('2');
  });

  it('go on when one hangs', async () => {
    await kafka.pause(3);
    expect(await states(kafka)).toEqual(['ready', 'ready', 'paused']);
    const others = kafka.brokers.split(',').slice(0, 2).join(',');
    expect(await holdsWithin(2 * FOUR_SECONDS, async () => (await inSync(others)).join() === '1,2')).toBe(true);
    await produce(others, 'while one hangs');
    await kafka.resume(3);
    expect(await holdsWithin(30_000, async () => (await inSync(others)).join() === '1,2,3')).toBe(true);
  });

  it('stop one in good order', async () => {
    await kafka.stop(1);
    expect(await states(kafka)).toEqual(['stopped', 'ready', 'ready']);
    await kafka.start(1);
    expect(await states(kafka)).toEqual(['ready', 'ready', 'ready']);
  });

  it('leave nothing behind', async () => {
    await kafka.down();
    expect(existsSync(kafka.stateDir)).toBe(false);
    await expect(produce(kafka.brokers, 'too late')).rejects.toThrow();
  });
});

it('says which port is taken, and how to choose another', async () => {
  const first = await startKafka();
  try {
    const port = Number(first.brokers.split(':')[1]);
    await expect(startKafka({ port })).rejects.toThrow(new RegExp(`port ${port} on 127.0.0.1 is in use.*--port`));
  } finally {
    await first.down();
  }
});
