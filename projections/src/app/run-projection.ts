import type { ReadModelDocument } from '@order-flow/contracts';
import type { LogRecord, Offset, OwnershipEpoch } from '@order-flow/event-log';
import { firstRevision } from '@order-flow/read-store';
import { type ApplyHooks, BatchApplier } from './apply-batch.js';
import { Checkpoints } from './checkpoints.js';
import { DeadLetters } from './dead-letters.js';
import { foldLane } from './fold-lane.js';
import { placeOf } from './held-records.js';
import { type HeldStore, holdStore } from './held-store.js';
import type { ProjectionRun } from './projection-run.js';

const CHECKPOINT_EVERY_MS = 250;

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
  const positions = new Map(from.map((offset) => [placeOf(offset), offset] as const));
  const deadLetters = new DeadLetters(log, collection);
  deadLetters.reached(from);
  const dirty = new Map<string, Offset>();
  const save = async () => {
    const reached = [...dirty.values()];
    dirty.clear();
    await deadLetters.flush();
    await checkpoints.save(reached);
    deadLetters.reached(reached);
  };
  const failed = new AbortController();
  let saves: Promise<void> = Promise.resolve();
  const saving = setInterval(() => {
    if (dirty.size === 0) return;
    saves = saves.then(save);
    saves.catch(() => failed.abort());
  }, CHECKPOINT_EVERY_MS);
  const documents = readStore.collection<ReadModelDocument>(collection);
  const hooks: ApplyHooks = {
    failed: (record, error) => {
      report(run, record, error);
      deadLetters.add(record, error);
    },
    loaded: () => held.check(),
    writing: () => deadLetters.flush(),
  };
  const lanes = dealt(epoch.slices, run.lanes ?? 1).map((slices) => {
    const source = epoch.read(
      from.filter(({ partition }) => slices.includes(partition)),
      failed.signal,
    );
    const applier = new BatchApplier(projection, documents, hooks, firstRevision(collection));
    return foldLane(run, source, applier, hooks.failed, (reached, records) => {
      for (const position of reached) {
        const place = placeOf(position);
        if (positions.get(place)?.offset === position.offset) continue;
        positions.set(place, position);
        dirty.set(place, position);
      }
      run.progressed(records.length, [...positions.values()], records.at(-1)?.record.timestamp ?? 0);
    });
  });
  try {
    await Promise.all(lanes);
    await saves;
    await save();
  } finally {
    clearInterval(saving);
    // Of several, those that did not fail must not outlive the epoch.
    failed.abort();
    await Promise.allSettled([...lanes, saves]);
  }
}

/** Slices by lane; none without any. */
function dealt(slices: readonly number[], lanes: number): number[][] {
  const groups = Array.from({ length: lanes }, (_, lane) => slices.filter((_slice, index) => index % lanes === lane));
  return groups.filter((group) => group.length > 0);
}

function report({ collection, logger }: ProjectionRun, { topic, partition, offset }: LogRecord, error: Error): void {
  const origin = `${topic}-${partition}-${offset}`;
  logger.warn({ collection, origin, err: error }, `${collection} parked ${origin}: ${error.message}`);
}
