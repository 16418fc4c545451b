import { isDeepStrictEqual } from 'node:util';
import type { ReadModelDocument } from '@order-flow/contracts';
import type { Documents, ReadStore } from '@order-flow/read-store';

export interface Differences {
  readonly same: number;
  readonly different: number;
  readonly onlyOld: number;
  readonly onlyNew: number;
  /** Ids of some documents that are not the same. */
  readonly examples: readonly string[];
}

/** A document without what the runner keeps in it. */
const comparable = (document: ReadModelDocument): object =>
  Object.fromEntries(Object.entries(document).filter(([field]) => field !== 'revision' && field !== 'applied'));

/** Compares two collections of one read model, document by document. */
export async function compare(readStore: ReadStore, oldName: string, newName: string): Promise<Differences> {
  const old: Documents<ReadModelDocument> = readStore.collection(oldName);
  const fresh: Documents<ReadModelDocument> = readStore.collection(newName);
  const counts = { same: 0, different: 0, onlyOld: 0, onlyNew: 0 };
  const examples: string[] = [];
  const note = (kind: Exclude<keyof typeof counts, 'same'>, id: string): void => {
    counts[kind]++;
    if (examples.length < 10) examples.push(id);
  };
  for await (const document of old.find({})) {
    const other = await fresh.findOne({ _id: document._id });
    if (!other) note('onlyOld', document._id);
    else if (isDeepStrictEqual(comparable(document), comparable(other))) counts.same++;
    else note('different', document._id);
  }
  const freshCount = await fresh.countDocuments({});
  if (freshCount > counts.same + counts.different) {
    for await (const { _id } of fresh.find({})) if (!(await old.findOne({ _id }))) note('onlyNew', _id);
  }
  return { ...counts, examples };
}
