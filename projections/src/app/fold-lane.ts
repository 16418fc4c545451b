import type { EventTopic } from '@order-flow/contracts';
import type { RecordBatch } from '@order-flow/event-log';
import { BoundedQueue } from '@order-flow/service-kit';
import type { Projection } from '../domain/projection.js';
import { type ApplyHooks, type BatchApplier, type ParsedRecord, parseRecord } from './apply-batch.js';
import type { ProjectionRun } from './projection-run.js';

/** Batches read ahead by all lanes of a run, and batches folded together by one. */
const READ_AHEAD = 24;
const TOGETHER = 12;

/**
 * Folds batches in their order, one write after the other, until there are no more.
 * @param failed is told of each record that cannot be read
 */
export async function foldLane(
  run: ProjectionRun,
  source: AsyncIterable<RecordBatch>,
  applier: BatchApplier,
  failed: ApplyHooks['failed'],
  applied: (batches: readonly RecordBatch[], records: readonly ParsedRecord[]) => void,
): Promise<void> {
  const { projection, lanes = 1 } = run;
  const readAhead = Math.ceil(READ_AHEAD / lanes);
  const queue = new BoundedQueue<RecordBatch>(readAhead);
  const reading = readInto(queue, source);
  // Its failure is told below, perhaps only after a write that is under way.
  reading.catch(() => undefined);
  try {
    for (;;) {
      const batches = await takeTogether(queue, Math.min(TOGETHER, readAhead), projection.lingerMs);
      if (batches.length === 0) break;
      const parsed = parseAll(projection, batches, failed);
      const signals = await applier.apply(parsed);
      run.changed(signals);
      applied(batches, parsed);
      await run.throttle?.(parsed.length);
    }
    await reading;
  } finally {
    queue.close();
  }
}

/** What there is; while all of it may wait, what comes until then too. */
async function takeTogether(
  queue: BoundedQueue<RecordBatch>,
  together: number,
  lingerMs: Projection['lingerMs'],
): Promise<RecordBatch[]> {
  const batches = await queue.take(together);
  const takenAt = performance.now();
  while (batches.length > 0 && batches.length < together) {
    const patience = Math.min(...batches.map(({ topic }) => lingerMs[topic] ?? 0));
    const left = takenAt + patience - performance.now();
    if (left <= 0 || !(await queue.hasMoreWithin(left))) break;
    batches.push(...queue.takeNow(together - batches.length));
  }
  return batches;
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
