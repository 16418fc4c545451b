import type { EventTopic, ReadModelDocument } from '@order-flow/contracts';
import type { EventLog, LogRecord, Offset, OwnershipEpoch, RecordBatch } from '@order-flow/event-log';
import { firstRevision, type ReadStore } from '@order-flow/read-store';
import type { ChangeSignal } from '@order-flow/coordination';
import { BoundedQueue, type Logger } from '@order-flow/service-kit';
import type { Projection } from '../domain/projection.js';
import { BatchApplier, type ParsedRecord, parseRecord } from './apply-batch.js';
import { Checkpoints } from './checkpoints.js';
import { DeadLetters } from './dead-letters.js';
import { type HeldStore, holdStore } from './held-store.js';

/** Batches read ahead, and batches folded together. */
const READ_AHEAD = 24;
const TOGETHER = 12;
const CHECKPOINT_EVERY_MS = 250;

export interface ProjectionRun {
  readonly projection: Projection;
  /** The collection to fold into. Its checkpoints and its consumer group go by its name. */
  readonly collection: string;
  readonly log: EventLog;
  readonly readStore: ReadStore;
  readonly logger: Logger;
  /** After each write. */
  readonly changed: (signals: readonly ChangeSignal[]) => void;
  /** After each batch: how many events, and where it stands now. */
  readonly progressed: (events: number, positions: readonly Offset[], newest: number) => void;
  /** Where an epoch begins. */
  readonly started?: (positions: readonly Offset[]) => void;
  /** Events a second at most; for rebuilds beside a busy system. */
  readonly throttle?: (events: number) => Promise<void>;
}

export const groupOf = (collection: string): string => `projection.${collection}`;

/** Folds the sources into a collection until the signal. Start it again after an error. */
export async function runProjection(
  run: ProjectionRun,
  signal: AbortSignal,
  ready: () => void,
  waiting: (cause: string) => void = () => undefined,
): Promise<void> {
  const { projection, collection, log, readStore } = run;
  const held = await holdStore(readStore);
  const documents = readStore.collection<ReadModelDocument>(collection);
  await documents.createIndexes(projection.indexes.map((key) => ({ key })));
  const topics = projection.sources.map(({ name }) => name);
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const watching = held.watch(stop);
  watching.catch(() => failed.abort());
  let folding: Promise<void> = Promise.resolve();
  try {
    for await (const epoch of log.join(groupOf(collection), topics, stop)) {
      await folding;
      const end = () => waiting('its group shares out its sources');
      folding = foldEpoch(run, held, epoch, () => {
        ready();
        epoch.signal.addEventListener('abort', end, { once: true });
      });
      folding.catch(() => failed.abort());
    }
  } finally {
    failed.abort();
    await Promise.all([folding, watching]);
  }
}

async function foldEpoch(run: ProjectionRun, held: HeldStore, epoch: OwnershipEpoch, ready: () => void): Promise<void> {
  const { projection, collection, log, readStore } = run;
  const checkpoints = new Checkpoints(readStore, log, collection);
  const partitions = projection.sources.flatMap(({ name }) =>
    epoch.slices.map((partition) => ({ topic: name, partition })),
  );
  const from = await checkpoints.load(partitions, ({ topic, partition, offset }) =>
    run.logger.warn(
      { collection, topic, partition, offset },
      `${collection} is folded without the first ${offset} records of ${topic}/${partition}, which were deleted: it lacks what they said`,
    ),
  );
  run.started?.(from);
  ready();
  const queue = new BoundedQueue<RecordBatch>(READ_AHEAD);
  const reading = readInto(queue, epoch, from);
  // Its failure is told below, perhaps only after a write that is under way.
  reading.catch(() => undefined);
  const positions = new Map(from.map((offset) => [`${offset.topic}/${offset.partition}`, offset] as const));
  const deadLetters = new DeadLetters(log, collection);
  deadLetters.reached(from);
  const applier = new BatchApplier(
    projection,
    readStore.collection<ReadModelDocument>(collection),
    {
      failed: (record, error) => {
        report(run, record, error);
        deadLetters.add(record, error);
      },
      loaded: () => held.check(),
      writing: () => deadLetters.flush(),
    },
    firstRevision(collection),
  );
  const dirty = new Map<string, Offset>();
  const save = async () => {
    const reached = [...dirty.values()];
    dirty.clear();
    await deadLetters.flush();
    await checkpoints.save(reached);
    deadLetters.reached(reached);
  };
  let saves: Promise<void> = Promise.resolve();
  const saving = setInterval(() => {
    if (dirty.size === 0) return;
    saves = saves.then(save);
    saves.catch(() => queue.close());
  }, CHECKPOINT_EVERY_MS);
  try {
    for (;;) {
      const batches = await takeTogether(queue, projection.lingerMs);
      if (batches.length === 0) break;
      const parsed = parseAll(run, batches, deadLetters);
      const signals = await applier.apply(parsed);
      for (const { topic, partition, nextOffset } of batches) {
        const position = { topic, partition, offset: nextOffset };
        positions.set(`${topic}/${partition}`, position);
        dirty.set(`${topic}/${partition}`, position);
      }
      run.changed(signals);
      run.progressed(parsed.length, [...positions.values()], parsed.at(-1)?.record.timestamp ?? 0);
      await run.throttle?.(parsed.length);
    }
    await saves;
    await save();
    await reading;
  } finally {
    clearInterval(saving);
    queue.close();
  }
}

/** What there is; while all of it may wait, what comes until then too. */
async function takeTogether(
  queue: BoundedQueue<RecordBatch>,
  lingerMs: Projection['lingerMs'],
): Promise<RecordBatch[]> {
  const batches = await queue.take(TOGETHER);
  const takenAt = performance.now();
  while (batches.length > 0 && batches.length < TOGETHER) {
    const patience = Math.min(...batches.map(({ topic }) => lingerMs[topic] ?? 0));
    const left = takenAt + patience - performance.now();
    if (left <= 0 || !(await queue.hasMoreWithin(left))) break;
    batches.push(...queue.takeNow(TOGETHER - batches.length));
  }
  return batches;
}

async function readInto(
  queue: BoundedQueue<RecordBatch>,
  epoch: OwnershipEpoch,
  from: readonly Offset[],
): Promise<void> {
  try {
    for await (const batch of epoch.read(from)) await queue.push(batch);
  } finally {
    queue.close();
  }
}

function parseAll(run: ProjectionRun, batches: readonly RecordBatch[], deadLetters: DeadLetters): ParsedRecord[] {
  const topics = new Map<string, EventTopic>(run.projection.sources.map((topic) => [topic.name, topic]));
  const parsed: ParsedRecord[] = [];
  for (const { records } of batches) {
    for (const record of records) {
      try {
        parsed.push(parseRecord(topics, record));
      } catch (error) {
        report(run, record, error as Error);
        deadLetters.add(record, error as Error);
      }
    }
  }
  return parsed;
}

function report({ collection, logger }: ProjectionRun, { topic, partition, offset }: LogRecord, error: Error): void {
  const origin = `${topic}-${partition}-${offset}`;
  logger.warn({ collection, origin, err: error }, `${collection} parked ${origin}: ${error.message}`);
}
