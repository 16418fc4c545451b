import type { Catalog } from './catalog.js';
import type { CollectionAccess } from './collection-access.js';
import { readPage, START } from './document-scan.js';
import type { ScanPosition } from './document-scan.js';
import { DocumentWriter } from './document-writer.js';
import type { IndexDefinition, IndexEntry } from './index-definition.js';
import { orderedKey } from './ordered-key.js';
import { compileFilter } from './filter.js';
import { planQuery } from './query-plan.js';
import { ServerErrorCode, refuse, serverError } from './server-errors.js';
import type { Refusal } from './server-errors.js';

const CHUNK = 500;
const EVERYTHING = compileFilter({});

const sameFields = (a: IndexDefinition, b: IndexDefinition): boolean =>
  JSON.stringify(a.fields) === JSON.stringify(b.fields);

function checkConflicts(known: readonly IndexEntry[], wanted: IndexDefinition): IndexEntry | undefined {
  const same = known.find(({ name }) => name === wanted.name);
  if (same && !sameFields(same, wanted))
    refuse(ServerErrorCode.IndexKeySpecsConflict, `index ${wanted.name} exists with other fields`);
  const alike = same ?? known.find((index) => sameFields(index, wanted));
  if (alike && (alike.unique !== wanted.unique || alike.name !== wanted.name))
    refuse(ServerErrorCode.IndexOptionsConflict, `an index on these fields exists as ${alike.name} with other options`);
  return alike;
}

/** Declares the index, so that every writer keeps it from now on, or finds it declared. */
function declare(
  { write, catalog, name }: CollectionAccess,
  definition: IndexDefinition,
): Promise<IndexEntry | Refusal> {
  return write(() => {
    try {
      const known = catalog.ensureCollection(name).indexes;
      return (
        checkConflicts(known, definition) ?? catalog.addIndex(name, { ...definition, multikey: false, building: true })
      );
    } catch (error) {
      if (error instanceof Error && 'code' in error) return { code: error.code as number, errmsg: error.message };
      throw error;
    }
  });
}

/** Documents are kept in order of `_id` anyway. */
const isPrimary = ({ fields }: IndexDefinition): boolean => fields.length === 1 && fields[0]?.[0] === '_id';

interface Progress {
  readonly next?: ScanPosition | undefined;
  readonly refusal?: Refusal | undefined;
}

function fillChunk(
  { write, catalog, name }: CollectionAccess,
  keyspace: number,
  from: ScanPosition,
): Promise<Progress> {
  return write((storage): Progress => {
    const collection = catalog.collection(name);
    const index = collection?.indexes.find((other) => other.keyspace === keyspace);
    if (!collection || !index) return {};
    const writer = new DocumentWriter(storage, catalog, name);
    const { access } = planQuery(collection, EVERYTHING, []);
    const page = readPage({ storage, collection }, access, { from, size: CHUNK });
    for (const { document, id } of page.found) {
      const refusal = writer.index(index, document, id);
      if (refusal) {
        catalog.removeIndex(name, keyspace);
        return { refusal };
      }
    }
    if (!page.next) catalog.changeIndex(name, index.name, { building: false });
    return { next: page.next };
  });
}

/**
 * Builds an index in short transactions while others read and write; readers use it when it is complete. A build that
 * a crash cut off goes on when the same index is asked for again.
 * @returns the index's name
 * @throws MongoServerError DuplicateKey if documents break a unique index, which is then not created
 */
export async function buildIndex(site: CollectionAccess, definition: IndexDefinition): Promise<string> {
  if (isPrimary(definition)) return '_id_';
  const declared = await declare(site, definition);
  if ('code' in declared) throw serverError(declared);
  for (let from: ScanPosition | undefined = declared.building ? START : undefined; from;) {
    const { next, refusal } = await fillChunk(site, declared.keyspace, from);
    if (refusal) throw serverError(refusal);
    from = next;
  }
  return declared.name;
}

/** Removes the keys of dropped collections and indexes, in short transactions; goes on after a restart. */
export async function sweepDropped(
  write: CollectionAccess['write'],
  catalog: Catalog,
  stopped: () => boolean,
): Promise<void> {
  const next = () => (stopped() ? undefined : catalog.doomed()[0]);
  for (let doomed = next(); doomed !== undefined; doomed = next()) {
    const keyspace = doomed;
    const start = orderedKey(keyspace).finish();
    const end = orderedKey(keyspace + 1).finish();
    await write((storage) => {
      const keys = [...storage.getKeys({ start, end, limit: CHUNK * 4 })];
      for (const key of keys) storage.remove(key);
      if (keys.length === 0) catalog.swept(keyspace);
    });
  }
}
