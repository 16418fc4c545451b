import { openKafkaEventLog, partitionForKey } from '@order-flow/event-log';
import { sleep } from '@order-flow/service-kit';
import kafkajs, { type Kafka, type Message, type Producer, type Transaction } from 'kafkajs';
import { Latencies } from '../orders/latencies.js';
import { type Job, type Outcome, Stretch } from './job.js';
import {
  type Account,
  decide,
  decisionTopic,
  evolve,
  newAccount,
  PARTITIONS,
  type PaymentRequest,
} from './workload.js';

const RECORDS_A_TRANSACTION = 1_000;
const MARKERS_MS = 5;

const changelogOf = ({ name }: Job): string => `${name}-loop-changelog`;

async function ensureTopics(job: Job): Promise<void> {
  const log = await openKafkaEventLog({ brokers: job.brokers });
  const changelog = { name: changelogOf(job), key: 'account id', cleanup: 'compact', retentionMs: -1 } as const;
  await log.admin.ensureTopics([decisionTopic(job.output), changelog], { partitions: PARTITIONS });
  await log.close();
}

interface Input {
  readonly partition: number;
  readonly messages: readonly { readonly key: Buffer | null; readonly value: Buffer | null; readonly offset: string }[];
}

/** The broker refuses while it still writes the former transaction's markers, and the client does not ask again. */
async function sendOffset(transaction: Transaction, job: Job, partition: number, offset: string): Promise<void> {
  const topics = [{ topic: job.input, partitions: [{ partition, offset }] }];
  for (;;) {
    try {
      await transaction.sendOffsets({ consumerGroupId: job.name, topics });
      return;
    } catch (error) {
      if ((error as { type?: string }).type !== 'CONCURRENT_TRANSACTIONS') throw error;
      await sleep(MARKERS_MS);
    }
  }
}

/** One transaction: the answers, the accounts that changed, and how far the input is read. */
async function transact(producer: Producer, job: Job, accounts: Map<string, Account>, input: Input): Promise<void> {
  const { partition, messages } = input;
  const decisions: Message[] = [];
  const changed = new Map<string, Account>();
  for (const { key, value } of messages) {
    const account = String(key);
    const request = JSON.parse(String(value)) as PaymentRequest;
    const before = accounts.get(account) ?? newAccount();
    const decision = decide(request, before);
    const after = evolve(before, decision);
    accounts.set(account, after);
    changed.set(account, after);
    const { correlationid, id: causationid, time, subject } = request;
    const event = { ...request, id: `${request.id}-decided`, type: decision.type, correlationid, causationid, time };
    decisions.push({ key, partition, value: JSON.stringify({ ...event, subject, data: decision.data }) });
  }
  const changelog = [...changed].map(([key, account]) => ({ key, partition, value: JSON.stringify(account) }));
  const next = (BigInt(messages.at(-1)?.offset ?? '-1') + 1n).toString();
  const transaction = await producer.transaction();
  await sendOffset(transaction, job, partition, next);
  await transaction.send({ topic: job.output, messages: decisions });
  await transaction.send({ topic: changelogOf(job), messages: changelog });
  await transaction.commit();
}

const connect = ({ brokers }: Job): Kafka =>
  new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING, retry: { initialRetryTime: 10 } });

async function consume(job: Job): Promise<Outcome> {
  // a client each: offsets that are sent mark caches which a client's parts share
  const producer = connect(job).producer({
    transactionalId: job.name,
    maxInFlightRequests: 1,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? partitionForKey(String(message.key), PARTITIONS),
  });
  const consumer = connect(job).consumer({ groupId: job.name, readUncommitted: false });
  const accounts = new Map<string, Account>();
  const stretch = new Stretch();
  const commits = new Latencies();
  let done = 0;
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topics: [job.input], fromBeginning: true });
  const outcome = new Promise<Outcome>((resolve, reject) => {
    consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
    const eachBatch = async ({ batch }: kafkajs.EachBatchPayload): Promise<void> => {
      stretch.begin();
      for (let from = 0; from < batch.messages.length; from += RECORDS_A_TRANSACTION) {
        const messages = batch.messages.slice(from, from + RECORDS_A_TRANSACTION);
        const startedAt = performance.now();
        await transact(producer, job, accounts, { partition: batch.partition, messages });
        commits.add(performance.now() - startedAt);
        done += messages.length;
      }
      if (done < job.records) return;
      const [commitP50Ms, commitP95Ms] = commits.percentiles(0.5, 0.95);
      resolve({ ...stretch.outcome(done), commitP50Ms, commitP95Ms });
    };
    consumer.run({ autoCommit: false, eachBatch }).catch(reject);
  });
  try {
    return await outcome;
  } finally {
    await consumer.disconnect();
    await producer.disconnect();
  }
}

/**
 * The same decisions by a bare loop over kafkajs: parse, decide in a Map, send answers and changelog in transactions of
 * up to a thousand records. It checks no schema and cannot come back after a crash or a rebalance; it shows what the
 * client alone costs.
 */
export async function runLoop(job: Job): Promise<Outcome> {
  await ensureTopics(job);
  return consume(job);
}
