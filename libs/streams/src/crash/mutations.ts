import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventLog, LogWriter, NewRecord, Offset } from '@order-flow/event-log';
import { overriding } from '@order-flow/service-kit/testing';
import kafkajs from 'kafkajs';
import { changelogTopic, SLICE_STORE } from '../graph.js';
import { bank } from '../testing/bank.js';

/** What can be made wrong on purpose, so that the verifier shows that it would notice. */
export const MUTATIONS = ['no-fencing', 'offsets-outside', 'one-send'] as const;
export type Mutation = (typeof MUTATIONS)[number] | 'none';

/** How long a writer that nothing fences waits before it commits, so that it can be frozen there; milliseconds. */
const HESITATION_MS = 300;

/** Writers whose ids nobody else has: nothing fences them. */
function withoutFencing(log: EventLog): EventLog['openWriter'] {
  return async (id) => {
    const writer = await log.openWriter(`${id}-${randomUUID()}`);
    return {
      async commit(batch) {
        await delay(HESITATION_MS);
        return writer.commit(batch);
      },
      close: () => writer.close(),
    } satisfies LogWriter;
  };
}

/** Commits outputs and state first and the positions after them, and now and then dies in between. */
function offsetsOutside(log: EventLog): EventLog['openWriter'] {
  const positions = changelogTopic(bank.name, SLICE_STORE);
  return async (id) => {
    const writer = await log.openWriter(id);
    return {
      async commit({ records, consumed }) {
        const apart = records.filter(({ topic }) => topic === positions);
        const { offsets } = await writer.commit({ records: records.filter(({ topic }) => topic !== positions) });
        if (offsets.length > 0 && Math.random() < 0.02) process.kill(process.pid, 'SIGKILL');
        const second = await writer.commit({ records: apart, ...(consumed ? { consumed } : {}) });
        const rest = [...offsets];
        const late = [...second.offsets];
        const inOrder = records.map(({ topic }) => (topic === positions ? late : rest).shift());
        return { offsets: inOrder.filter((offset): offset is Offset => offset !== undefined) };
      },
      close: () => writer.close(),
    } satisfies LogWriter;
  };
}

/**
 * kafkajs's own producer with one send for all partitions: when one broker fails in the midst of it, a partition whose new
 * leader has answered already is left out, and one whose leader has not is sent again. The positions come after it, so
 * that a cluster that hangs catches every slice in its send.
 */
function oneSend(log: EventLog, brokers: readonly string[], prefix: string): EventLog['openWriter'] {
  return async (id) => {
    // Fences older writers, and gives way to the producer of the same id at once.
    await (await log.openWriter(id)).close();
    const counts = new Map<string, number>();
    for (const { name, partitionCount } of await log.admin.topics()) counts.set(name, partitionCount);
    const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
    const producer = kafka.producer({
      transactionalId: `${prefix}${id}`,
      maxInFlightRequests: 1,
      transactionTimeout: 15_000,
      // It looks for the new leader often enough to find it before its transaction times out.
      retry: { initialRetryTime: 10, maxRetryTime: 200, retries: 100 },
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    await (await producer.transaction()).abort();
    return {
      async commit({ records, consumed }) {
        const transaction = await producer.transaction();
        const bases = new Map<string, number>();
        const sent = await transaction.sendBatch({ topicMessages: topicMessages(records, prefix), acks: -1 });
        for (const { topicName, partition, baseOffset } of sent)
          bases.set(`${topicName}/${partition}`, Number(baseOffset));
        if (consumed) {
          const topics = consumed.offsets.map(({ topic, partition, offset }) => ({
            topic: `${prefix}${topic}`,
            partitions: [{ partition, offset: String(offset) }],
          }));
          await transaction.sendOffsets({ consumerGroupId: `${prefix}${consumed.group}`, topics });
        }
        await transaction.commit();
        const offsets = records.map(({ topic, partition = 0 }) => {
          const name = `${prefix}${topic}/${partition}`;
          const offset = bases.get(name) ?? 0;
          bases.set(name, offset + 1);
          return { topic, partition, offset };
        });
        return { offsets };
      },
      close: () => producer.disconnect(),
    } satisfies LogWriter;
  };
}

function topicMessages(records: readonly NewRecord[], prefix: string) {
  const byTopic = new Map<string, NewRecord[]>();
  for (const record of records) byTopic.set(record.topic, [...(byTopic.get(record.topic) ?? []), record]);
  return [...byTopic].map(([topic, all]) => ({
    topic: `${prefix}${topic}`,
    messages: all.map(({ key, value, partition, headers = {}, timestamp }) => ({
      key,
      value,
      headers: { ...headers },
      timestamp: String(timestamp),
      ...(partition === undefined ? {} : { partition }),
    })),
  }));
}

/** The log with the mutation in it. */
export function mutated(log: EventLog, mutation: Mutation, brokers: readonly string[], prefix: string): EventLog {
  if (mutation === 'none') return log;
  const openWriter = {
    'no-fencing': () => withoutFencing(log),
    'offsets-outside': () => offsetsOutside(log),
    'one-send': () => oneSend(log, brokers, prefix),
  }[mutation]();
  return overriding(log, { openWriter });
}
