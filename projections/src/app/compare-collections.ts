import { isDeepStrictEqual } from 'node:util';
import type { ReadModelDocument } from '@order-flow/contracts';
import type { Documents, ReadStore } from '@order-flow/read-store';
import { sleep } from '@order-flow/service-kit';

export interface Differences {
  readonly same: number;
  readonly different: number;
  readonly onlyOld: number;
  readonly onlyNew: number;
  /** Ids of some documents that are not the same. */
  readonly examples: readonly string[];
}

type Verdict = 'same' | 'different' | 'onlyOld' | 'onlyNew';
type Found = ReadModelDocument | null;

/** Documents to look at again; more are taken as they are found. */
const MAX_OPEN = 10_000;
const AGAIN_MS = 200;
/** How long to go on looking since the last of them was found to be equally far in both. */
const PATIENCE_MS = 3_000;

/** A document without what the runner keeps in it. */
const comparable = (document: ReadModelDocument): object =>
  Object.fromEntries(Object.entries(document).filter(([field]) => field !== 'revision' && field !== 'applied'));

function verdictOf(old: Found, fresh: Found): Verdict {
  if (!old) return 'onlyNew';
  if (!fresh) return 'onlyOld';
  return isDeepStrictEqual(comparable(old), comparable(fresh)) ? 'same' : 'different';
}

/** Whether both have the same records, so that neither is only behind the other. */
const equallyFar = (old: Found, fresh: Found): boolean => isDeepStrictEqual(old?.applied, fresh?.applied);

/** Counts verdicts; keeps those open that one collection may only be late for. */
class Comparison {
  readonly #counts = { same: 0, different: 0, onlyOld: 0, onlyNew: 0 };
  readonly #examples: string[] = [];
  readonly #open = new Map<string, Verdict>();

  get open(): readonly string[] {
    return [...this.#open.keys()];
  }

  take(id: string, old: Found, fresh: Found): void {
    const verdict = verdictOf(old, fresh);
    const isOpen = verdict !== 'same' && !equallyFar(old, fresh);
    if (isOpen && (this.#open.has(id) || this.#open.size < MAX_OPEN)) {
      this.#open.set(id, verdict);
      return;
    }
    this.#open.delete(id);
    this.#count(verdict, id);
  }

  result(): Differences {
    for (const [id, verdict] of this.#open) this.#count(verdict, id);
    this.#open.clear();
    return { ...this.#counts, examples: this.#examples };
  }

  #count(verdict: Verdict, id: string): void {
    this.#counts[verdict]++;
    if (verdict !== 'same' && this.#examples.length < 10) this.#examples.push(id);
  }
}

/**
 * Compares two collections of one read model, document by document. Both may be folded meanwhile: what differs because one
 * has records that the other has not is looked at again until it has them, or nothing comes any more.
 */
export async function compare(
  readStore: ReadStore,
  oldName: string,
  newName: string,
  signal: AbortSignal,
): Promise<Differences> {
  const old: Documents<ReadModelDocument> = readStore.collection(oldName);
  const fresh: Documents<ReadModelDocument> = readStore.collection(newName);
  const comparison = new Comparison();
  let inBoth = 0;
  for await (const document of old.find({})) {
    const other = await fresh.findOne({ _id: document._id });
    if (other) inBoth++;
    comparison.take(document._id, document, other);
  }
  if ((await fresh.countDocuments({})) > inBoth) {
    for await (const document of fresh.find({})) {
      const { _id } = document;
      if (!(await old.findOne({ _id }))) comparison.take(_id, null, document);
    }
  }
  let left = comparison.open.length;
  for (let movedAt = performance.now(); left > 0 && performance.now() - movedAt < PATIENCE_MS && !signal.aborted;) {
    await sleep(AGAIN_MS, signal);
    for (const _id of comparison.open) comparison.take(_id, await old.findOne({ _id }), await fresh.findOne({ _id }));
    if (comparison.open.length < left) movedAt = performance.now();
    left = comparison.open.length;
  }
  return comparison.result();
}
