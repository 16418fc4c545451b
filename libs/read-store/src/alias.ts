import type { Documents, ReadStore } from './port.js';

/** Which collection serves a read model. Switched by compare-and-set of `generation`. */
export interface ReadModelAlias {
  /** The read model's name, e.g. `orders`. */
  readonly _id: string;
  readonly collection: string;
  /** Kept up to date too, for a rollback, until it is dropped. */
  readonly previous: string | null;
  /** Grows with every switch. */
  readonly generation: number;
}

const ALIASES = 'read_model_aliases';
export const ALIAS_CACHE_MS = 1_000;

/** The first collection of a read model; rebuilds make `<model>__2` and so on. */
export const collectionName = (model: string, generation: number): string => `${model}__${generation}`;

/** Revisions of a rebuilt collection begin above those of the former ones, so that nobody sees them go back. */
const REVISIONS_PER_GENERATION = 10_000_000;

/** Where the revisions of a collection's documents begin. */
export const firstRevision = (collection: string): number =>
  Math.max(0, Number(/__(\d+)$/.exec(collection)?.[1] ?? 1) - 1) * REVISIONS_PER_GENERATION;

export const readModelAliases = (store: ReadStore): Documents<ReadModelAlias> =>
  store.collection<ReadModelAlias>(ALIASES);

/** The alias of a read model; before its first switch that is generation 1. */
export async function readModelAlias(store: ReadStore, model: string): Promise<ReadModelAlias> {
  const found = await readModelAliases(store).findOne({ _id: model });
  return found ?? { _id: model, collection: collectionName(model, 1), previous: null, generation: 1 };
}

/**
 * Finds a read model's present collection; remembers it for {@link ALIAS_CACHE_MS}.
 * @param now milliseconds, monotonic
 */
export function readModelResolver(
  store: ReadStore,
  now: () => number = () => performance.now(),
): (model: string) => Promise<string> {
  const known = new Map<string, { collection: string; until: number }>();
  return async (model) => {
    const cached = known.get(model);
    if (cached && cached.until > now()) return cached.collection;
    const { collection } = await readModelAlias(store, model);
    known.set(model, { collection, until: now() + ALIAS_CACHE_MS });
    return collection;
  };
}
