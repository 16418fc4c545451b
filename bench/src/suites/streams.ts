import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeEvent, eventTopic, eventType } from '@order-flow/contracts';
import { type EventLog, type NewRecord, openEmbeddedEventLog, partitionForKey } from '@order-flow/event-log';
import { lmdbState, map, runTopology, topology, type Topology, type TopologyObserver } from '@order-flow/streams';
import { z } from 'zod';
import { allocatedBytes } from '../allocation.js';
import { medians } from '../median.js';
import { decisionTopic, PARTITIONS, payments, requestTopic } from '../streams-kafka/workload.js';
import type { BenchRun, Suite } from '../suite.js';

const RECORDS = 300_000;
const ACCOUNTS = 10_000;
const BATCH = 1_000;
const INPUT = requestTopic('payment-requests');
const DECISIONS = decisionTopic('payment-decisions');
const SPENDING = eventTopic('spending', 'account id', {
  Spent: eventType(z.object({ start: z.int(), amount: z.int() })),
});
const START = Date.UTC(2026, 0, 1);

const deciding = payments('deciding', INPUT.name, DECISIONS.name, () => undefined);

/** What each account asks for per minute of stream time; a record a millisecond makes five windows an account. */
const summing = topology('summing', (t) => {
  t.from(INPUT, { sequenced: false })
    .windowed(
      t.store('minutes', z.int()),
      { sizeMs: 60_000, graceMs: 1_000 },
      { initialState: () => 0, fold: (sum, { data }) => sum + data.amount },
    )
    .results.pipe(map(({ start, value }) => ({ type: 'Spent' as const, data: { start, amount: value } })))
    .to(SPENDING);
});

/** 300 bytes of JSON, as the comparison with Kafka Streams has them. */
function request(index: number): NewRecord {
  const account = `account-${(index * 7_919) % ACCOUNTS}`;
  const timestamp = START + index;
  const id = `r-${index}`;
  const value = encodeEvent({
    specversion: '1.0',
    id,
    source: '/bench',
    type: 'PaymentRequested',
    subject: account,
    time: new Date(timestamp).toISOString(),
    datacontenttype: 'application/json',
    schemaversion: 1,
    correlationid: id,
    causationid: id,
    data: { orderId: `o-${index}`, amount: 1 + (index % 500), note: 'for goods, in full' },
  });
  return { topic: INPUT.name, partition: partitionForKey(account, PARTITIONS), key: account, value, timestamp };
}

async function fill(log: EventLog): Promise<void> {
  const topics = [INPUT, DECISIONS, SPENDING, ...deciding.internalTopics, ...summing.internalTopics];
  await log.admin.ensureTopics(topics, { partitions: PARTITIONS });
  const writer = await log.openWriter('bench-input');
  for (let done = 0; done < RECORDS; done += BATCH)
    await writer.commit({ records: Array.from({ length: BATCH }, (_, index) => request(done + index)) });
  await writer.close();
}

/** Runs a topology until the observer ends it. @returns seconds from its start */
async function timed(
  of: Topology,
  log: EventLog,
  stateDirectory: string,
  observe: (end: () => void) => TopologyObserver,
): Promise<number> {
  const state = lmdbState(stateDirectory);
  const stop = new AbortController();
  const failures: Error[] = [];
  const startedAt = performance.now();
  let endedAt = NaN;
  const end = (): void => {
    endedAt = performance.now();
    stop.abort();
  };
  const failed = (_slice: number, error: Error): void => {
    failures.push(error);
    stop.abort();
  };
  const observer = { ...observe(end), failed };
  const options = { cacheEntries: ACCOUNTS / PARTITIONS + 500 };
  await runTopology({ topology: of, log, state, signal: stop.signal, observer, options }).done;
  await state.close();
  for (const failure of failures) throw failure;
  return (endedAt - startedAt) / 1_000;
}

/** Until every input is consumed and its outputs are committed. */
function consume(of: Topology, log: EventLog, stateDirectory: string): Promise<number> {
  let records = 0;
  return timed(of, log, stateDirectory, (end) => ({
    committed: ({ consumed }) => {
      records += consumed;
      if (records >= RECORDS) end();
    },
  }));
}

/** Until every slice has its state back. */
async function restore(of: Topology, log: EventLog, stateDirectory: string): Promise<number> {
  const restored = new Map<number, number>();
  const running = new Set<number>();
  const seconds = await timed(of, log, stateDirectory, (end) => ({
    restoring: (slice, records) => void restored.set(slice, records),
    running: (slice) => {
      running.add(slice);
      if (running.size === PARTITIONS) end();
    },
  }));
  return [...restored.values()].reduce((sum, records) => sum + records, 0) / seconds;
}

const measure = ({ inDirectory }: BenchRun) =>
  inDirectory(async (directory) => {
    const log = await openEmbeddedEventLog({ path: join(directory, 'event-log') });
    const stateDirectory = join(directory, 'state');
    try {
      await fill(log);
      const decided = await allocatedBytes(() => consume(deciding, log, stateDirectory));
      await rm(stateDirectory, { recursive: true });
      const restored = await restore(deciding, log, stateDirectory);
      const summed = await consume(summing, log, stateDirectory);
      return {
        decide: RECORDS / decided.result,
        allocated: decided.bytes / RECORDS,
        window: RECORDS / summed,
        restored,
      };
    } finally {
      await log.close();
    }
  });

export const streamsSuite: Suite = async (run) => {
  const { decide, allocated, window, restored } = await medians(run.runs, () => measure(run));
  return [
    { name: 'decide with store, changelog and output', value: decide, unit: 'records/s', target: { atLeast: 60_000 } },
    { name: 'allocated on the heap by it', value: allocated / 1_000, unit: 'kB a record' },
    { name: 'windowed aggregate', value: window, unit: 'records/s', target: { atLeast: 40_000 } },
    { name: 'restore from changelogs', value: restored, unit: 'records/s', target: { atLeast: 300_000 } },
  ];
};
