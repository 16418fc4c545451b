import type { EventLog } from '@order-flow/event-log';
import { ALIAS_CACHE_MS, readModelAlias, type ReadStore } from '@order-flow/read-store';
import { sleep } from '@order-flow/service-kit';
import { Checkpoints } from './checkpoints.js';
import { RebuildError } from './rebuild-error.js';
import { takeLease } from './rebuild-lease.js';

interface Stores {
  readonly log: EventLog;
  readonly readStore: ReadStore;
}

/** Where a dry run of a read model is built. */
export const dryRunCollection = (model: string): string => `${model}__dry_run`;

/**
 * Removes a collection that nobody folds any more. The checkpoints go first: if they outlived it, one that is built under
 * the same name would begin where they stand.
 */
export async function removeCollection({ readStore, log }: Stores, collection: string): Promise<void> {
  await new Checkpoints(readStore, log, collection).drop();
  await readStore.collection(collection).drop();
}

/**
 * Collections of a read model that neither serve nor are kept for a rollback nor will be gone on with: dry runs, and former
 * generations, whose rebuild ended before it could remove them. Only who has the lease can tell a dry run that runs.
 */
async function orphansOf(readStore: ReadStore, model: string): Promise<readonly string[]> {
  const names = await readStore.collections();
  const { collection, previous, generation } = await readModelAlias(readStore, model);
  const generationOf = (name: string): number =>
    name.startsWith(`${model}__`) ? Number(/^\d+$/.exec(name.slice(model.length + 2)) ?? Infinity) : Infinity;
  return names.filter(
    (name) =>
      name === dryRunCollection(model) ||
      (generationOf(name) <= generation && name !== collection && name !== previous),
  );
}

/**
 * Finds and removes what no rebuild of a read model will need again, once the runners have noticed that nobody does. To be
 * called by who has the lease; what is not removed before `stop` is found the next time.
 */
export async function removeOrphans(stores: Stores, model: string, stop: AbortSignal): Promise<void> {
  const orphans = await orphansOf(stores.readStore, model);
  if (orphans.length === 0) return;
  // Who still folds one would make it again.
  await sleep(ALIAS_CACHE_MS * 2, stop);
  for (const orphan of orphans) if (!stop.aborted) await removeCollection(stores, orphan);
}

/** The same for a service, between rebuilds: while one runs, that does it. */
export async function removeOrphansUnlessRebuilt(stores: Stores, model: string, signal: AbortSignal): Promise<void> {
  if ((await orphansOf(stores.readStore, model)).length === 0) return;
  const lease = await takeLease(stores.readStore, model).catch((error: unknown) => {
    if (error instanceof RebuildError) return undefined;
    throw error;
  });
  if (!lease) return;
  try {
    await removeOrphans(stores, model, AbortSignal.any([signal, lease.lost]));
  } finally {
    await lease.release();
  }
}
