import { type EventLog, LogError, type LogRecord, type PartitionInfo } from '@order-flow/event-log';

/** The offsets `from` to `to` (exclusive) of one partition. */
export interface Span {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

const ATTEMPTS = 3;
const BATCH = 1_000;

/**
 * Reads spans, at most `keep`'s choice of them, in offset order by partition. Records deleted meanwhile are left out.
 * @throws LogError
 */
export async function readSpans(
  log: EventLog,
  topic: string,
  spans: readonly Span[],
  keep: (record: LogRecord) => boolean,
  signal: AbortSignal,
): Promise<Map<number, LogRecord[]>> {
  let wanted = spans.filter(({ from, to }) => from < to);
  for (let attempt = 1; wanted.length > 0; attempt++) {
    try {
      return await readOnce(log, topic, wanted, keep, signal);
    } catch (error) {
      const retry = error instanceof LogError && error.code === 'OFFSET_OUT_OF_RANGE' && attempt < ATTEMPTS;
      if (!retry) throw error;
      wanted = withinLog(wanted, await log.admin.partitions(topic));
    }
  }
  return new Map();
}

function withinLog(spans: readonly Span[], partitions: readonly PartitionInfo[]): Span[] {
  const begins = new Map(partitions.map(({ partition, begin }) => [partition, begin]));
  return spans
    .map((span) => ({ ...span, from: Math.max(span.from, begins.get(span.partition) ?? 0) }))
    .filter(({ from, to }) => from < to);
}

async function readOnce(
  log: EventLog,
  topic: string,
  spans: readonly Span[],
  keep: (record: LogRecord) => boolean,
  signal: AbortSignal,
): Promise<Map<number, LogRecord[]>> {
  const open = new Map(spans.map(({ partition, to }) => [partition, to]));
  const found = new Map<number, LogRecord[]>(spans.map(({ partition }) => [partition, []]));
  const from = spans.map((span) => ({ topic, partition: span.partition, offset: span.from }));
  const maxRecords = Math.min(BATCH, Math.max(...spans.map((span) => span.to - span.from)));
  for await (const { partition, records, nextOffset } of log.read(from, { follow: false, signal, maxRecords })) {
    const to = open.get(partition);
    if (to === undefined) continue;
    for (const record of records) if (record.offset < to && keep(record)) found.get(partition)?.push(record);
    if (nextOffset >= to) open.delete(partition);
    if (open.size === 0) break;
  }
  return found;
}
