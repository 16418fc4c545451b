import { join } from 'node:path';
import { type EventLog, type NewRecord, type Offset, openEmbeddedEventLog } from '@order-flow/event-log';

export interface EventLogFigures {
  /** Durable records a second, one writer, commits of 500 records of 300 bytes. */
  readonly producedPerSecond: number;
  /** The same with four partitions in each commit. */
  readonly producedOverPartitionsPerSecond: number;
  readonly readPerSecond: number;
  /** From the call of a commit of one record to a following reader's having it. */
  readonly commitToReaderMs: { readonly p50: number; readonly p99: number };
}

const RECORDS = 300_000;
const COMMIT = 500;
const SINGLE_COMMITS = 1_000;
const value = Buffer.alloc(300, 'x');

const recordOf = (topic: string, index: number, partition: number): NewRecord => ({
  topic,
  partition,
  key: `order-${index % 10_000}`,
  value,
  timestamp: index,
});

async function produce(log: EventLog, topic: string, partitions: number): Promise<number> {
  const writer = await log.openWriter(`bench-${topic}`);
  const started = performance.now();
  for (let done = 0; done < RECORDS; done += COMMIT) {
    const records = Array.from({ length: COMMIT }, (_, index) => recordOf(topic, done + index, index % partitions));
    await writer.commit({ records, consumed: { group: 'bench', offsets: [{ topic, partition: 0, offset: done }] } });
  }
  return RECORDS / ((performance.now() - started) / 1_000);
}

async function read(log: EventLog, from: Offset): Promise<number> {
  const started = performance.now();
  let count = 0;
  const options = { follow: false, signal: new AbortController().signal };
  for await (const batch of log.read([from], options)) count += batch.records.length;
  return count / ((performance.now() - started) / 1_000);
}

async function latency(log: EventLog, topic: string): Promise<{ p50: number; p99: number }> {
  const stop = new AbortController();
  const reader = log
    .read([{ topic, partition: 0, offset: 0 }], { follow: true, signal: stop.signal })
    [Symbol.asyncIterator]();
  const writer = await log.openWriter('bench-latency');
  const taken: number[] = [];
  for (let index = 0; index < SINGLE_COMMITS; index++) {
    const arrival = reader.next();
    const started = performance.now();
    const commit = writer.commit({ records: [recordOf(topic, index, 0)] });
    await arrival;
    taken.push(performance.now() - started);
    await commit;
  }
  stop.abort();
  taken.sort((a, b) => a - b);
  const at = (share: number): number => taken[Math.floor(taken.length * share)] ?? NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Measures the embedded log in a new directory below `directory`. */
export async function benchEventLog(directory: string): Promise<EventLogFigures> {
  const log = await openEmbeddedEventLog({ path: join(directory, 'event-log') });
  const names = ['one', 'four', 'single'];
  const topics = names.map((name) => ({ name, key: 'order id', cleanup: 'delete' as const, retentionMs: -1 }));
  try {
    await log.admin.ensureTopics(topics, { partitions: 4 });
    const producedPerSecond = await produce(log, 'one', 1);
    const producedOverPartitionsPerSecond = await produce(log, 'four', 4);
    const readPerSecond = await read(log, { topic: 'one', partition: 0, offset: 0 });
    const commitToReaderMs = await latency(log, 'single');
    return { producedPerSecond, producedOverPartitionsPerSecond, readPerSecond, commitToReaderMs };
  } finally {
    await log.close();
  }
}
