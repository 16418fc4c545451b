import { isDeepStrictEqual } from 'node:util';
import type { ReadModelDocument } from '@order-flow/contracts';
import { allProjections, type Projection } from '@order-flow/projections';
import { readModelAlias, type ReadStore } from '@order-flow/read-store';
import type { Finding, Topics } from './topics.js';

/** All documents of a read model's present collection, by id. */
export async function documentsOf<View extends ReadModelDocument>(
  readStore: ReadStore,
  model: string,
): Promise<Map<string, View>> {
  const { collection } = await readModelAlias(readStore, model);
  const documents = new Map<string, View>();
  for await (const document of readStore.collection<ReadModelDocument>(collection).find({})) {
    documents.set(document._id, document as View);
  }
  return documents;
}

function foldAfresh({ sources, keys, fold, initial }: Projection, topics: Topics): Map<string, object> {
  const documents = new Map<string, object>();
  const events = sources.flatMap(({ name }) => topics.get(name) ?? []);
  for (const { event } of events) {
    for (const id of keys(event)) documents.set(id, fold(documents.get(id) ?? initial(), event, id));
  }
  return documents;
}

/** A document as it would be stored, without what the runner keeps in it. */
function bodyOf(document: object): unknown {
  const entries = Object.entries(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
  return Object.fromEntries(entries.filter(([field]) => !['_id', 'revision', 'applied'].includes(field)));
}

/** Every read model equals a fresh fold of its topics. */
export async function checkReadModels(topics: Topics, readStore: ReadStore): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const projection of allProjections) {
    const expected = foldAfresh(projection, topics);
    const actual = await documentsOf(readStore, projection.name);
    const extra = [...actual.keys()].filter((id) => !expected.has(id)).map((id) => `${id} should not exist`);
    const different = [...expected]
      .map(([id, body]) => [id, bodyOf(actual.get(id) ?? {}), bodyOf(body)] as const)
      .filter(([, found, folded]) => !isDeepStrictEqual(found, folded))
      .map(([id, found, folded]) => `${id} is ${JSON.stringify(found)}, but folds to ${JSON.stringify(folded)}`);
    findings.push({
      claim: `read model ${projection.name} equals a fresh fold`,
      violations: [...extra, ...different],
      checked: expected.size,
    });
  }
  return findings;
}
