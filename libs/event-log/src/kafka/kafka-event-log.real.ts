import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import type { EventLog, NewRecord, RecordBatch } from '../port.js';
import { kafkaContract, openForTest } from '../testing/kafka-contract.js';
import { allTopics, ensureKafkaTopics } from './admin/kafka-topics.js';
import { KafkaConnection } from './connection.js';
import { kafkaSettings, type KafkaVariables } from './kafka-settings.js';
import { openKafkaEventLog } from './open-kafka-event-log.js';
import type { Broker, NewTopic } from './protocol/kafkajs-internals.js';
import { resolveKafkaSettings } from './settings.js';

const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',').filter((broker) => broker !== '');
if (brokers.length === 0) throw new Error('KAFKA_BROKERS names the servers to test on; it is not set');

const open = (): Promise<EventLog> => openForTest(brokers);

kafkaContract('Kafka', () => brokers);

/** An address that refuses connections. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}

/** Brokers answer a name that they do not know as those before Kafka 3.6 answer the limit's. */
const withoutKnowledgeOfTimes = (topic: NewTopic): NewTopic => ({
  ...topic,
  configEntries: topic.configEntries.map(({ name, value }) => ({ name: name.replace('.after.', '.unknown.'), value })),
});

describe('Kafka', () => {
  const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 3 } });
  const run = randomUUID().slice(0, 8);
  const topic = `other-clients-${run}`;
  let log: EventLog;

  beforeAll(async () => {
    log = await open();
    await log.admin.ensureTopics([{ name: topic, key: 'k', cleanup: 'delete', retentionMs: -1 }], { partitions: 4 });
  });
  afterAll(() => log.close());

  const foreign = async (transactionalId: string) => {
    const producer = kafka.producer({
      transactionalId,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return producer;
  };
  const record = (partition: number, value: string | Buffer): NewRecord => ({
    topic,
    partition,
    key: 'k',
    value: Buffer.from(value),
    timestamp: 1,
  });
  /** Follows a partition until `done` says so of what came. */
  const follow = async (partition: number, done: (batches: readonly RecordBatch[]) => boolean) => {
    const stop = new AbortController();
    const batches: RecordBatch[] = [];
    for await (const batch of log.read([{ topic, partition, offset: 0 }], { follow: true, signal: stop.signal })) {
      batches.push(batch);
      if (done(batches)) stop.abort();
    }
    return batches.flatMap(({ records }) => records.map(({ value }) => value?.toString()));
  };

  it('writes to a topic that is new and to one that is not in the same commit', async () => {
    const [old, made] = [`old-${run}`, `made-${run}`];
    const topic = (name: string) => ({ name, key: 'k', cleanup: 'delete' as const, retentionMs: -1 });
    await log.admin.ensureTopics([topic(old)], { partitions: 2 });
    const writer = await log.openWriter(`old-and-new-${run}`);
    await log.admin.ensureTopics([topic(made)], { partitions: 2 });
    const { offsets } = await writer.commit({
      records: [old, made].map((name) => ({
        topic: name,
        key: 'k',
        value: Buffer.from('{}'),
        headers: {},
        timestamp: 1,
      })),
    });
    expect(offsets.map((at) => at.topic)).toEqual([old, made]);
    await writer.close();
  });

  it('takes records whose time of day is ahead of the brokers', async () => {
    const name = `ahead-${run}`;
    await log.admin.ensureTopics([{ name, key: 'k', cleanup: 'delete', retentionMs: -1 }], { partitions: 1 });
    const writer = await log.openWriter(name);
    const ahead = Date.now() + 24 * 3_600_000;
    const { offsets } = await writer.commit({ records: [{ ...record(0, 'ahead'), topic: name, timestamp: ahead }] });
    expect(offsets).toHaveLength(1);
    await writer.close();
  });

  it('says what to do about a topic that refuses them', async () => {
    const topic = `limited-${run}`;
    const configEntries = [{ name: 'message.timestamp.after.max.ms', value: '3600000' }];
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }], waitForLeaders: true });
    await admin.disconnect();
    const writer = await log.openWriter(topic);
    const ahead = Date.now() + 24 * 3_600_000;
    await expect(writer.commit({ records: [{ ...record(0, 'ahead'), topic, timestamp: ahead }] })).rejects.toThrow(
      /INVALID_TIMESTAMP.*raise the topic's message\.timestamp\.after\.max\.ms/,
    );
    await writer.close();
  });

  it('makes topics on brokers that know no limit to times of day', async () => {
    const connection = new KafkaConnection(resolveKafkaSettings({ brokers }));
    const controller = connection.controller.bind(connection);
    connection.controller = async () => {
      const broker = await controller();
      const createTopics: Broker['createTopics'] = ({ topics, timeout }) =>
        broker.createTopics({ topics: topics.map(withoutKnowledgeOfTimes), timeout });
      return Object.assign(Object.create(broker) as Broker, { createTopics });
    };
    const name = `old-broker-${run}`;
    await connection.open();
    await ensureKafkaTopics(connection, [{ name, key: 'k', cleanup: 'delete', retentionMs: -1 }], 2);
    expect(await allTopics(connection)).toContainEqual({ name, cleanup: 'delete', retentionMs: -1, partitionCount: 2 });
    await connection.close();
  });

  it('finds a topic that somebody else makes after it was looked for in vain', async () => {
    const name = `late-${run}`;
    for (let time = 0; time < 2; time++)
      await expect(log.admin.partitions(name)).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
    const other = await open();
    await other.admin.ensureTopics([{ name, key: 'k', cleanup: 'delete', retentionMs: -1 }], { partitions: 2 });
    await other.close();
    const giveUp = performance.now() + 10_000;
    const found = async (): Promise<number> =>
      log.admin.partitions(name).then(
        ({ length }) => length,
        (error: unknown) => (performance.now() < giveUp ? found() : Promise.reject(error as Error)),
      );
    expect(await found()).toBe(2);
  });

  it('hides what another client aborted; the position passes over it, up to the end', async () => {
    const producer = await foreign(`aborting-${run}`);
    for (const value of ['aborted', 'kept', 'aborted at the end']) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ partition: 0, key: 'k', value }] });
      await (value === 'kept' ? transaction.commit() : transaction.abort());
    }
    await producer.disconnect();
    // Three records and a marker after each.
    expect(await follow(0, (batches) => batches.at(-1)?.nextOffset === 6)).toEqual(['kept']);
    expect((await log.admin.partitions(topic))[0]?.end).toBe(6);
  });

  it('reads what another client compressed', async () => {
    const producer = await foreign(`compressing-${run}`);
    const transaction = await producer.transaction();
    const messages = Array.from({ length: 100 }, (_, index) => ({ partition: 1, key: 'k', value: String(index) }));
    await transaction.send({ topic, messages, compression: kafkajs.CompressionTypes.GZIP });
    await transaction.commit();
    await producer.disconnect();
    const values = await follow(1, (batches) => batches.at(-1)?.nextOffset === 101);
    expect(values).toEqual(messages.map(({ value }) => value));
  });

  it('keeps a commit of more than a batch holds in order, and tells where each record stands', async () => {
    const writer = await log.openWriter(`large-${run}`);
    const records = Array.from({ length: 300 }, (_, index) =>
      record(2 + (index % 2), Buffer.alloc(20_000, String(index % 10))),
    );
    const { offsets } = await writer.commit({ records });
    await writer.close();
    for (const partition of [2, 3]) {
      const mine = offsets.filter((offset) => offset.partition === partition).map(({ offset }) => offset);
      expect(mine).toEqual(Array.from({ length: 150 }, (_, index) => index));
      const values = await follow(partition, (batches) => batches.at(-1)?.nextOffset === 151);
      expect(values.map((value) => value?.[0])).toEqual(
        records.filter((one) => one.partition === partition).map(({ value }) => value?.toString('utf8', 0, 1)),
      );
    }
  });

  it('fences other clients of a transactional id, and is fenced by them', async () => {
    const id = `contended-${run}`;
    const zombie = await foreign(id);
    const open = await zombie.transaction();
    await open.send({ topic, messages: [{ partition: 0, key: 'k', value: 'of a zombie' }] });
    const writer = await log.openWriter(id);
    await expect(open.commit()).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' });
    await writer.commit({ records: [record(0, 'mine')] });
    const newer = await foreign(id);
    await (await newer.transaction()).abort();
    await expect(writer.commit({ records: [record(0, 'late')] })).rejects.toMatchObject({ code: 'FENCED' });
    await Promise.all([zombie.disconnect(), newer.disconnect()]);
    const values = await follow(0, (batches) =>
      batches.some(({ records }) => records.at(-1)?.value?.equals(Buffer.from('mine')) ?? false),
    );
    expect(values).toEqual(['kept', 'mine']);
  });

  it.each([
    ['retention.ms', '604800000', 'delete'],
    ['retention.bytes', '1000000', 'delete'],
    ['retention.ms', '604800000', 'compact,delete'],
  ])('refuses a topic that others made with %s %s and %s: it would lose records', async (limit, value, policy) => {
    const name = `short-${limit}-${policy.length}-${run}`;
    const cleanup = policy === 'delete' ? 'delete' : 'compact';
    const admin = kafka.admin();
    await admin.connect();
    const configEntries = [
      { name: 'cleanup.policy', value: policy },
      { name: 'retention.ms', value: '-1' },
    ].filter((entry) => entry.name !== limit);
    await admin.createTopics({
      topics: [{ topic: name, numPartitions: 2, configEntries: [...configEntries, { name: limit, value }] }],
    });
    await admin.disconnect();
    const making = log.admin.ensureTopics([{ name, key: 'k', cleanup, retentionMs: -1 }], { partitions: 2 });
    await expect(making).rejects.toMatchObject({
      code: 'TOPIC_MISMATCH',
      message: expect.stringContaining(`${name} has ${limit} ${value}, not -1`),
    });
  });

  it('refuses to share a group with members of other slices', async () => {
    const stop = new AbortController();
    const single = `single-${run}`;
    await log.admin.ensureTopics([{ name: single, key: 'k', cleanup: 'compact', retentionMs: -1 }], { partitions: 1 });
    const first = log.join(`mixed-${run}`, [topic], stop.signal)[Symbol.asyncIterator]();
    await first.next();
    const second = log.join(`mixed-${run}`, [single], stop.signal)[Symbol.asyncIterator]();
    await expect(second.next()).rejects.toMatchObject({ code: 'NOT_COPARTITIONED' });
    stop.abort();
    expect((await first.next()).done).toBe(true);
  });

  it('that cannot be reached is named, with the remedy', async () => {
    const address = await closedPort();
    const opening = openKafkaEventLog({ brokers: [address], patience: 300 });
    await expect(opening).rejects.toMatchObject({ name: 'LogError', code: 'LOG_UNAVAILABLE' });
    await expect(opening).rejects.toThrow(`Kafka at ${address} cannot be reached`);
  });

  it('is reached by the next broker that was named when the first takes connections and answers nothing', async () => {
    const held: Socket[] = [];
    const silent = createServer((socket) => held.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    try {
      const log = await openKafkaEventLog({ brokers: [`127.0.0.1:${port}`, ...brokers], requestTimeout: 500 });
      expect(held.length).toBeGreaterThan(0);
      const writer = await log.openWriter(`past-silence-${run}`);
      await writer.commit({ records: [record(3, 'x')] });
      await log.close();
    } finally {
      for (const socket of held) socket.destroy();
      silent.close();
    }
  });

  it('is reached by the second of two brokers that were named when the first is away', async () => {
    const log = await openKafkaEventLog({ brokers: [await closedPort(), brokers[0]!], patience: 3_000 });
    await log.close();
  });
});

/** What the servers tool prints of its listener with TLS and a password; the password is named by its file. */
const secure = JSON.parse(process.env['TEST_KAFKA_SECURE'] ?? 'null') as
  (Omit<KafkaVariables, 'KAFKA_SASL_PASSWORD'> & { KAFKA_SASL_PASSWORD: string | { file: string } }) | null;

(secure ? describe : describe.skip)('Kafka behind TLS and a password', () => {
  const settings = () => {
    const password = secure!.KAFKA_SASL_PASSWORD;
    const read = typeof password === 'string' ? password : password.file;
    const text = existsSync(read) ? readFileSync(read, 'utf8') : read;
    return kafkaSettings({ ...secure!, KAFKA_SASL_PASSWORD: text });
  };

  it('lets in who knows the password', async () => {
    const log = await openKafkaEventLog(settings());
    expect(await log.identity()).toMatch(/^\S{22,36}$/);
    await log.close();
  });

  it('is refused, at once and with the remedy, when its certificate is not trusted', async () => {
    const startedAt = performance.now();
    const opening = openKafkaEventLog({ ...settings(), ssl: true });
    await expect(opening).rejects.toMatchObject({ code: 'LOG_REFUSED' });
    await expect(opening).rejects.toThrow(
      'self-signed certificate; KAFKA_SSL names the file of the authorities to trust',
    );
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('is told from one that is away when it is spoken to without TLS', async () => {
    const { brokers } = settings();
    const opening = openKafkaEventLog({ brokers, patience: 300 });
    await expect(opening).rejects.toThrow('check KAFKA_BROKERS, KAFKA_SSL and KAFKA_SASL_*');
  });

  it('refuses a wrong one, at once and without telling it', async () => {
    const { sasl, ...rest } = settings();
    const opening = openKafkaEventLog({ ...rest, sasl: { ...sasl!, password: 'not-the-password' } });
    await expect(opening).rejects.toMatchObject({ code: 'LOG_REFUSED' });
    await expect(opening).rejects.toThrow(`${sasl!.mechanism} for user '${sasl!.username}'`);
    await expect(opening).rejects.not.toThrow('not-the-password');
  });
});
