import type { EventTopic } from '@order-flow/contracts';
import type { Offset, RecordBatch } from '@order-flow/event-log';
import { BoundedQueue } from '@order-flow/service-kit';
import type { Projection } from '../domain/projection.js';
import { type ApplyHooks, type BatchApplier, type ParsedRecord, parseRecord } from './apply-batch.js';
import { HeldRecords, placeOf } from './held-records.js';
import type { ProjectionRun } from './projection-run.js';

/** Batches read ahead by all lanes of a run, and batches folded together by one. */
const READ_AHEAD = 24;
const TOGETHER = 12;

/**
 * Folds batches in their order, one write after the other, until there are no more. Records that may wait do so for others of
 * their document.
 * @param failed is told of each record that cannot be read
 * @param applied is told where partitions are that were read, and of the records that were folded
 */
export async function foldLane(
  run: ProjectionRun,
  source: AsyncIterable<RecordBatch>,
  applier: BatchApplier,
  failed: ApplyHooks['failed'],
  applied: (reached: readonly Offset[], records: readonly ParsedRecord[]) => void,
): Promise<void> {
  const { projection, lanes = 1 } = run;
  const readAhead = Math.ceil(READ_AHEAD / lanes);
  const queue = new BoundedQueue<RecordBatch>(readAhead);
  const reading = readInto(queue, source);
  // Its failure is told below, perhaps only after a write that is under way.
  reading.catch(() => undefined);
  const held = new HeldRecords(projection);
  const ends = new Map<string, Offset>();
  try {
    for (;;) {
      const batches = await takeNext(queue, held, Math.min(TOGETHER, readAhead));
      if (batches.length === 0 && held.isEmpty) break;
      for (const { topic, partition, nextOffset: offset } of batches)
        ends.set(placeOf({ topic, partition }), { topic, partition, offset });
      const now = performance.now();
      held.add(parseAll(projection, batches, failed), now);
      const ready = held.take(now, queue.isClosed || (run.isHasty === true && queue.size === 0));
      if (ready.length > 0) run.changed(await applier.apply(ready));
      applied(held.reached(ends), ready);
      await run.throttle?.(ready.length);
    }
    await reading;
  } finally {
    queue.close();
  }
}

/** What there is, or what comes until something that is held may wait no longer: then perhaps nothing. */
async function takeNext(queue: BoundedQueue<RecordBatch>, held: HeldRecords, most: number): Promise<RecordBatch[]> {
  if (held.isEmpty) return queue.take(most);
  await queue.hasMoreWithin(held.untilDue(performance.now()));
  return queue.takeNow(most);
}

async function readInto(queue: BoundedQueue<RecordBatch>, source: AsyncIterable<RecordBatch>): Promise<void> {
  try {
    for await (const batch of source) await queue.push(batch);
  } finally {
    queue.close();
  }
}

function parseAll(
  { sources }: Projection,
  batches: readonly RecordBatch[],
  failed: ApplyHooks['failed'],
): ParsedRecord[] {
  const topics = new Map<string, EventTopic>(sources.map((topic) => [topic.name, topic]));
  const parsed: ParsedRecord[] = [];
  for (const { records } of batches) {
    for (const record of records) {
      try {
        parsed.push(parseRecord(topics, record));
      } catch (error) {
        failed(record, error as Error);
      }
    }
  }
  return parsed;
}
