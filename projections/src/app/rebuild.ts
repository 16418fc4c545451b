import type { EventLog } from '@order-flow/event-log';
import {
  ALIAS_CACHE_MS,
  collectionName,
  isDuplicateKey,
  type ReadModelAlias,
  readModelAlias,
  readModelAliases,
  type ReadStore,
} from '@order-flow/read-store';
import { type Logger, sleep } from '@order-flow/service-kit';
import type { Projection } from '../domain/projection.js';
import { Checkpoints } from './checkpoints.js';
import { compare, type Differences } from './compare-collections.js';
import { type DeletedRecords, deletedRecords, refuseDeleted } from './deleted-records.js';
import { dryRunCollection, removeCollection, removeOrphans } from './orphans.js';
import { ProjectionProgress } from './projection-status.js';
import { RebuildError } from './rebuild-error.js';
import { takeLease } from './rebuild-lease.js';
import { runProjection } from './run-projection.js';

/** What a collection that is being folded may be behind for. */
const CATCH_UP_MS = 5_000;

export interface RebuildProgress {
  readonly projection: string;
  readonly collection: string;
  /** Events folded by this run. */
  readonly folded: number;
  /** Records of the sources: applied so far, and all. */
  readonly done: number;
  readonly total: number;
  readonly eventsPerSecond: number;
}

export interface RebuildOptions {
  readonly log: EventLog;
  readonly readStore: ReadStore;
  readonly logger: Logger;
  readonly projection: Projection;
  /** Cancels; the next rebuild goes on where this one stopped. */
  readonly signal: AbortSignal;
  readonly progress: (progress: RebuildProgress) => void;
  /** Events a second at most. */
  readonly throttle?: number;
  /** Builds from what is left when the first records of a source were deleted; otherwise that is refused. */
  readonly allowIncomplete?: boolean;
}

/**
 * Folds at a time, if documents are of one slice each: one goes on while another's write comes to the disk. One that is
 * throttled has one: it is in no hurry, and where one of several fails, the others' pauses would have to end first.
 */
const LANES = 6;
/** Milliseconds between two looks at how far it is. */
const LOOK_MS = 100;
/** It has caught up when so many looks in a row found no more to fold than it had folded since the one before. */
const KEEPS_PACE_LOOKS = 10;

/** At most so many events a second, by waiting after each batch. */
function throttled(
  eventsPerSecond: number | undefined,
  signal: AbortSignal,
): ((events: number) => Promise<void>) | undefined {
  if (eventsPerSecond === undefined) return undefined;
  const startedAt = performance.now();
  let folded = 0;
  return async (events) => {
    folded += events;
    const ahead = (folded / eventsPerSecond) * 1_000 - (performance.now() - startedAt);
    if (ahead > 0) await sleep(ahead, signal);
  };
}

/** Folds into a collection until it has everything there is; then `caughtUp` runs while folding goes on. */
async function foldUntilCaughtUp(
  options: RebuildOptions,
  collection: string,
  stop: AbortSignal,
  caughtUp: () => Promise<void>,
): Promise<void> {
  const { projection, log } = options;
  const topics = projection.sources.map(({ name }) => name);
  const following = new ProjectionProgress(
    new Checkpoints(options.readStore, log, collection),
    projection.name,
    topics,
  );
  const infos = await Promise.all(topics.map((topic) => log.admin.partitions(topic)));
  const total = infos.flat().reduce((sum, { begin, end }) => sum + end - begin, 0);
  const finished = new AbortController();
  const signal = AbortSignal.any([stop, finished.signal]);
  const startedAt = performance.now();
  const throttle = throttled(options.throttle, signal);
  let folded = 0;
  let ready: () => void = () => undefined;
  const started = new Promise<void>((resolve) => (ready = resolve));
  const folding = runProjection(
    {
      projection,
      log,
      readStore: options.readStore,
      logger: options.logger,
      collection,
      changed: () => undefined,
      progressed: (events, positions, newest) => {
        folded += events;
        following.progressed(positions, newest);
      },
      started: (positions) => following.progressed(positions, 0),
      isHasty: true,
      ...(throttle ? { throttle } : { lanes: projection.ofOneSlice ? LANES : 1 }),
    },
    signal,
    ready,
  ).finally(() => ready());
  const watch = async (): Promise<void> => {
    await started;
    for (let [foldedBefore, looks] = [0, 0]; ;) {
      const { lag } = await following.status();
      // Where records come without a pause there is always one that came just now.
      looks = lag <= folded - foldedBefore ? looks + 1 : 0;
      foldedBefore = folded;
      const eventsPerSecond = folded / Math.max(0.001, (performance.now() - startedAt) / 1_000);
      options.progress({
        projection: projection.name,
        collection,
        folded,
        done: Math.max(0, total - lag),
        total,
        eventsPerSecond,
      });
      if (lag === 0 || looks >= KEEPS_PACE_LOOKS || signal.aborted) break;
      await sleep(LOOK_MS, signal);
    }
    if (!signal.aborted) await caughtUp();
    finished.abort();
  };
  const both = [folding, watch()];
  try {
    await Promise.all(both);
  } finally {
    // Of two, the one that did not fail must not outlive the lease.
    finished.abort();
    await Promise.allSettled(both);
  }
}

/**
 * Builds a read model anew, beside the one that serves, and switches to it when it has caught up. An interrupted rebuild
 * goes on where it stopped.
 * @returns also what it could not fold
 * @throws RebuildError, CheckpointError
 */
export async function rebuild(
  options: RebuildOptions,
): Promise<{ collection: string; generation: number; deleted: readonly DeletedRecords[] }> {
  const { readStore, projection } = options;
  return withLease(options, async (stop) => {
    const deleted = await checkDeleted(options);
    const alias = await readModelAlias(readStore, projection.name);
    if (alias.previous) await giveUpPrevious(readStore, alias);
    await removeOrphans(options, projection.name, stop);
    const generation = alias.generation + 1;
    const collection = collectionName(projection.name, generation);
    await foldUntilCaughtUp(options, collection, stop, async () => {
      await switchAlias(readStore, alias, { ...alias, collection, previous: alias.collection, generation });
      // Goes on folding until the runners have noticed the switch.
      await sleep(ALIAS_CACHE_MS * 2, stop);
    });
    if (stop.aborted)
      throw new RebuildError('CANCELLED', `the rebuild was cancelled; start it again to go on in ${collection}`);
    return { collection, generation, deleted };
  });
}

async function checkDeleted({ log, projection, allowIncomplete }: RebuildOptions): Promise<readonly DeletedRecords[]> {
  const deleted = await deletedRecords(log, projection);
  if (!allowIncomplete) refuseDeleted(projection, deleted);
  return deleted;
}

/**
 * Builds aside, compares with what serves, and leaves nothing behind.
 * @returns also what it could not fold
 * @throws RebuildError, CheckpointError
 */
export async function dryRun(
  options: RebuildOptions,
): Promise<Differences & { readonly deleted: readonly DeletedRecords[] }> {
  const { readStore, projection } = options;
  return withLease(options, async (stop, lost) => {
    const deleted = await checkDeleted(options);
    await removeOrphans(options, projection.name, stop);
    const alias = await readModelAlias(readStore, projection.name);
    const collection = dryRunCollection(projection.name);
    let differences: Differences | undefined;
    try {
      await foldUntilCaughtUp(options, collection, stop, async () => {
        differences = await compare(readStore, alias.collection, collection, stop);
      });
    } finally {
      // With the lease it went to another dry run.
      if (!lost.aborted) await removeCollection(options, collection);
    }
    if (!differences) throw new RebuildError('CANCELLED', 'the dry run was cancelled');
    return { ...differences, deleted };
  });
}

/** Goes back to the previous collection, if it is up to date. @throws RebuildError NO_PREVIOUS, PREVIOUS_BEHIND */
export async function rollback(options: RebuildOptions): Promise<{ collection: string; generation: number }> {
  const { readStore, projection, log } = options;
  return withLease(options, async (stop) => {
    const alias = await readModelAlias(readStore, projection.name);
    if (!alias.previous)
      throw new RebuildError('NO_PREVIOUS', `${projection.name} has no previous collection to go back to`);
    const lacking = await waitUntilCaughtUp(options, new Checkpoints(readStore, log, alias.previous), stop);
    if (stop.aborted) throw new RebuildError('CANCELLED', 'the rollback was cancelled');
    if (lacking > 0) {
      throw new RebuildError(
        'PREVIOUS_BEHIND',
        `${alias.previous} lacks ${lacking} records; start the projections so that it catches up, then try again`,
      );
    }
    const generation = alias.generation + 1;
    await switchAlias(readStore, alias, {
      ...alias,
      collection: alias.previous,
      previous: alias.collection,
      generation,
    });
    return { collection: alias.previous, generation };
  });
}

/**
 * Waits, if need be, until checkpoints are where the sources end now: under load they are always a moment behind.
 * @returns how many records they lack
 */
async function waitUntilCaughtUp(
  { log, projection }: RebuildOptions,
  checkpoints: Checkpoints,
  stop: AbortSignal,
): Promise<number> {
  const found = projection.sources.map(async ({ name }) =>
    (await log.admin.partitions(name)).map(({ partition, end }) => ({ topic: name, partition, end })),
  );
  const ends = (await Promise.all(found)).flat();
  for (const deadline = performance.now() + CATCH_UP_MS; ;) {
    const reached = await checkpoints.load(ends);
    const lacking = ends.reduce((sum, { end }, index) => sum + Math.max(0, end - (reached[index]?.offset ?? 0)), 0);
    if (lacking === 0 || performance.now() > deadline || stop.aborted) return lacking;
    await sleep(100, stop);
  }
}

async function withLease<T>(
  options: RebuildOptions,
  work: (stop: AbortSignal, lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const lease = await takeLease(options.readStore, options.projection.name);
  try {
    return await work(AbortSignal.any([options.signal, lease.lost]), lease.lost);
  } catch (error) {
    if (lease.lost.aborted)
      throw new RebuildError('LEASE_LOST', `another rebuild of ${options.projection.name} took over`);
    throw error;
  } finally {
    await lease.release();
  }
}

/** One atomic update. @throws RebuildError ALIAS_CHANGED when somebody else switched meanwhile */
async function switchAlias(readStore: ReadStore, from: ReadModelAlias, to: ReadModelAlias): Promise<void> {
  const aliases = readModelAliases(readStore);
  const { _id, ...fields } = to;
  const known = await aliases.findOne({ _id });
  const done = known
    ? (await aliases.updateOne({ _id, generation: from.generation }, { $set: fields })).matchedCount === 1
    : await aliases.insertOne(to).then(
        () => true,
        (error: unknown) => {
          if (isDuplicateKey(error)) return false;
          throw error;
        },
      );
  if (!done) throw new RebuildError('ALIAS_CHANGED', `${_id} was switched by somebody else meanwhile; start again`);
}

/** From here on there is no going back to it, and nothing needs it any more. */
async function giveUpPrevious(readStore: ReadStore, { _id, generation }: ReadModelAlias): Promise<void> {
  await readModelAliases(readStore).updateOne({ _id, generation }, { $set: { previous: null } });
}
