import { MongoInvalidArgumentError } from 'mongodb';
import type {
  BulkWriteResult,
  CreateIndexesOptions,
  DeleteResult,
  Document,
  IndexDescription,
  IndexDescriptionInfo,
  IndexSpecification,
  InsertManyResult,
  InsertOneResult,
  Sort,
  UpdateResult,
} from 'mongodb';
import { DocumentWriter } from './document-writer.js';
import { EmbeddedFindCursor } from './find-cursor.js';
import type { FindSettings } from './find-cursor.js';
import { compileFilter } from './filter.js';
import { buildIndex } from './index-build.js';
import { indexDefinition, keyPattern } from './index-definition.js';
import { project } from './projection.js';
import type { CollectionAccess } from './collection-access.js';
import { countAll, matchingPages } from './query-execution.js';
import { serverError } from './server-errors.js';
import { bulkOperation, deleting, deletingFound, insertion, replacing, updating } from './write-operation.js';
import type { SelectionOptions, WriteOperation } from './write-operation.js';
import { WriteSession } from './write-outcome.js';
import type { WriteOutcome } from './write-outcome.js';
import { bulkResult } from './write-results.js';

/** Operations of a bulk write in one transaction; more are split, as a server splits them. */
const MAX_BATCH = 1000;

interface Ordering {
  readonly ordered?: boolean;
}

export interface FindOneAndUpdateSettings extends SelectionOptions {
  readonly returnDocument?: 'before' | 'after';
  readonly projection?: Document;
  readonly sort?: Sort;
  readonly includeResultMetadata?: boolean;
}

/** One collection of the embedded store: the part of the driver's Collection that is used, with its results and errors. */
export class EmbeddedDocuments {
  readonly collectionName: string;

  constructor(
    private readonly source: CollectionAccess,
    private readonly dropped: () => void,
  ) {
    this.collectionName = source.name;
  }

  find(filter: Document = {}, settings: FindSettings = {}): EmbeddedFindCursor<Document> {
    return new EmbeddedFindCursor(this.source, filter, settings);
  }

  async findOne(filter: Document = {}, settings: FindSettings = {}): Promise<Document | null> {
    return this.find(filter, { ...settings, limit: 1 }).next();
  }

  async countDocuments(
    filter: Document = {},
    { skip = 0, limit = Infinity }: { readonly skip?: number; readonly limit?: number } = {},
  ): Promise<number> {
    if (Object.keys(filter).length === 0) return Math.max(0, Math.min(countAll(this.source) - skip, limit));
    let count = 0;
    for await (const page of matchingPages(this.source, { filter: compileFilter(filter), sort: [] })) {
      count += page.length;
      if (count >= skip + limit) break;
    }
    return Math.max(0, Math.min(count - skip, limit));
  }

  async insertOne(document: Document): Promise<InsertOneResult> {
    const operation = insertion(document);
    await this.one(operation);
    return { acknowledged: true, insertedId: operation.next.document._id as never };
  }

  async insertMany(documents: readonly Document[], options: Ordering = {}): Promise<InsertManyResult> {
    const result = await this.bulkWrite(
      documents.map((document) => ({ insertOne: { document } })),
      options,
    );
    return { acknowledged: true, insertedCount: result.insertedCount, insertedIds: result.insertedIds };
  }

  async updateOne(filter: Document, update: Document, options: SelectionOptions = {}): Promise<UpdateResult> {
    return updateResult(await this.one(updating(filter, update, options)));
  }

  async replaceOne(filter: Document, replacement: Document, options: SelectionOptions = {}): Promise<UpdateResult> {
    return updateResult(await this.one(replacing(filter, replacement, options)));
  }

  async deleteOne(filter: Document = {}): Promise<DeleteResult> {
    const { deleted } = await this.one(deleting(filter));
    return { acknowledged: true, deletedCount: deleted };
  }

  /** Deletes in short transactions, each testing again what it deletes; not atomic, as on a server. */
  async deleteMany(filter: Document = {}): Promise<DeleteResult> {
    let deletedCount = 0;
    const compiled = compileFilter(filter);
    for await (const page of matchingPages(this.source, { filter: compiled, sort: [] })) {
      const operations = page.map(({ id }) => deletingFound(id, filter, compiled));
      const outcomes = await this.write(operations, false);
      for (const outcome of outcomes) {
        if (outcome.refusal) throw serverError(outcome.refusal);
        deletedCount += outcome.deleted;
      }
    }
    return { acknowledged: true, deletedCount };
  }

  /** One transaction for up to 1,000 operations. @throws MongoBulkWriteError */
  async bulkWrite(operations: readonly object[], { ordered = true }: Ordering = {}): Promise<BulkWriteResult> {
    if (operations.length === 0) throw new MongoInvalidArgumentError('Invalid BulkOperation, Batch cannot be empty');
    const prepared = operations.map(bulkOperation);
    const outcomes: WriteOutcome[] = [];
    for (let from = 0; from < prepared.length; from += MAX_BATCH) {
      outcomes.push(...(await this.write(prepared.slice(from, from + MAX_BATCH), ordered)));
      if (ordered && outcomes.at(-1)?.refusal) break;
    }
    return bulkResult(prepared, outcomes, operations);
  }

  async findOneAndUpdate(
    filter: Document,
    update: Document,
    settings: FindOneAndUpdateSettings = {},
  ): Promise<unknown> {
    const { before, after, upserted } = await this.one(updating(filter, update, settings));
    const document = (settings.returnDocument === 'after' ? after : before) ?? null;
    const [value = null] = document && settings.projection ? project([document], settings.projection) : [document];
    if (settings.includeResultMetadata !== true) return value;
    const updatedExisting = before !== undefined;
    const n = updatedExisting || upserted ? 1 : 0;
    return { value, ok: 1, lastErrorObject: { n, updatedExisting, ...(upserted ? { upserted: upserted.id } : {}) } };
  }

  /** Resolves when the index is complete and used. */
  async createIndex(specification: IndexSpecification, options: CreateIndexesOptions = {}): Promise<string> {
    return buildIndex(this.source, indexDefinition(specification, options));
  }

  async createIndexes(descriptions: readonly IndexDescription[]): Promise<string[]> {
    const definitions = descriptions.map(({ key, ...options }) =>
      indexDefinition(key, options as CreateIndexesOptions),
    );
    const names: string[] = [];
    for (const definition of definitions) names.push(await buildIndex(this.source, definition));
    return names;
  }

  async indexes(): Promise<IndexDescriptionInfo[]> {
    const own = (this.source.catalog.collection(this.collectionName)?.indexes ?? []).filter(
      ({ building }) => !building,
    );
    const described = own.map((index) => ({
      v: 2,
      key: keyPattern(index),
      name: index.name,
      ...(index.unique ? { unique: true } : {}),
    }));
    return [{ v: 2, key: { _id: 1 }, name: '_id_' }, ...described] as IndexDescriptionInfo[];
  }

  /** The collection is gone when this resolves; its space is freed in the background. */
  async drop(): Promise<boolean> {
    await this.source.write(() => this.source.catalog.removeCollection(this.collectionName));
    this.dropped();
    return true;
  }

  private async one(operation: WriteOperation): Promise<WriteOutcome> {
    const [outcome] = await this.write([operation], true);
    if (!outcome) throw new TypeError('a write operation has no outcome');
    if (outcome.refusal) throw serverError(outcome.refusal);
    return outcome;
  }

  private write(operations: readonly WriteOperation[], ordered: boolean): Promise<WriteOutcome[]> {
    const { catalog, name } = this.source;
    return this.source.write((storage) => {
      const session = new WriteSession(storage, new DocumentWriter(storage, catalog, name));
      const outcomes: WriteOutcome[] = [];
      for (const operation of operations) {
        const outcome = session.apply(operation);
        outcomes.push(outcome);
        if (ordered && outcome.refusal) break;
      }
      return outcomes;
    });
  }
}

const updateResult = ({ matched, modified, upserted }: WriteOutcome): UpdateResult => ({
  acknowledged: true,
  matchedCount: matched,
  modifiedCount: modified,
  upsertedCount: upserted ? 1 : 0,
  upsertedId: (upserted?.id ?? null) as UpdateResult['upsertedId'],
});
