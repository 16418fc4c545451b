import { type CloudEvent, decodeEvent, type EventTopic, type ReadModelDocument } from '@order-flow/contracts';
import type { LogRecord } from '@order-flow/event-log';
import { type Documents, isDuplicateKey } from '@order-flow/read-store';
import { BoundedMap } from '@order-flow/service-kit';
import type { ChangeSignal } from '@order-flow/coordination';
import { MongoBulkWriteError } from 'mongodb';
import type { Projection } from '../domain/projection.js';

export interface ParsedRecord {
  readonly record: LogRecord;
  readonly event: CloudEvent;
}

const ATTEMPTS = 20;
const CACHE_LIMIT = 1_000;

/** Reads an event off a record of one of the projection's sources. @throws ContractError */
export function parseRecord(topics: ReadonlyMap<string, EventTopic>, record: LogRecord): ParsedRecord {
  const topic = topics.get(record.topic);
  if (!topic) throw new Error(`${record.topic} is no source`);
  return { record, event: decodeEvent<EventTopic>(topic, record) };
}

/** What surrounds the writing of a batch. */
export interface ApplyHooks {
  /** Told of each record whose fold threw; it counts as applied. */
  readonly failed: (record: LogRecord, error: Error) => void;
  /** After documents were looked for: throws when it cannot be told that what was not found does not exist. */
  readonly loaded: () => Promise<void>;
  /** Before documents are written, which say of a failed record too that it was applied. */
  readonly writing: () => Promise<void>;
}

/**
 * Folds records into documents: load, fold, one bulk write. Each write is conditional on the revision that was loaded; on
 * a miss everything is loaded again, and the offsets in each document say what it has already. So neither a second
 * writer nor a replay makes an event count twice or not at all.
 */
export class BatchApplier {
  readonly #projection: Projection;
  readonly #documents: Documents<ReadModelDocument>;
  readonly #hooks: ApplyHooks;
  /** Documents as last written here. May be stale: then the conditional write misses. */
  readonly #cache = new BoundedMap<string, ReadModelDocument>(CACHE_LIMIT);

  constructor(
    target: Projection,
    documents: Documents<ReadModelDocument>,
    hooks: ApplyHooks,
    /** Documents count their revisions from here. */
    readonly firstRevision = 0,
  ) {
    this.#projection = target;
    this.#documents = documents;
    this.#hooks = hooks;
  }

  /** @returns a signal for each document that changed */
  async apply(records: readonly ParsedRecord[]): Promise<ChangeSignal[]> {
    const byDocument = new Map<string, ParsedRecord[]>();
    for (const parsed of records) {
      for (const id of this.#projection.keys(parsed.event)) {
        const group = byDocument.get(id);
        if (group) group.push(parsed);
        else byDocument.set(id, [parsed]);
      }
    }
    const changed = new Map<string, ReadModelDocument>();
    for (let attempt = 1; byDocument.size > 0; attempt++) {
      if (attempt > ATTEMPTS) throw new Error(`${this.#projection.name}: documents change too fast to be written`);
      const loaded = await this.#load(byDocument, attempt === 1);
      // What an attempt before wrote, or found written.
      for (const [id, document] of changed) changed.set(id, loaded.get(id) ?? document);
      const next = this.#foldAll(byDocument, loaded);
      const complete = await this.#write(next, loaded);
      for (const [id, document] of next) changed.set(id, document);
      if (complete) break;
      for (const id of byDocument.keys()) this.#cache.delete(id);
    }
    return [...changed].map(([id, document]) => ({
      id,
      version: this.#projection.version(document),
      revision: document.revision,
    }));
  }

  /** @param hopeful takes it that a document whose first event comes does not exist: if it does, inserting it misses */
  async #load(
    byDocument: ReadonlyMap<string, readonly ParsedRecord[]>,
    hopeful: boolean,
  ): Promise<Map<string, ReadModelDocument>> {
    const loaded = new Map<string, ReadModelDocument>();
    const missing: string[] = [];
    for (const [id, [first]] of byDocument) {
      const cached = this.#cache.get(id);
      if (cached) loaded.set(id, cached);
      else if (!hopeful || !first || !this.#projection.begins(first.event)) missing.push(id);
    }
    if (missing.length === 0) return loaded;
    const found = await this.#documents.find({ _id: { $in: missing } }).toArray();
    await this.#hooks.loaded();
    for (const document of found) loaded.set(document._id, document);
    return loaded;
  }

  #foldAll(
    byDocument: ReadonlyMap<string, readonly ParsedRecord[]>,
    loaded: ReadonlyMap<string, ReadModelDocument>,
  ): Map<string, ReadModelDocument> {
    const next = new Map<string, ReadModelDocument>();
    for (const [id, records] of byDocument) {
      const document = this.#fold(id, loaded.get(id), records);
      if (document) next.set(id, document);
    }
    return next;
  }

  #fold(
    id: string,
    loaded: ReadModelDocument | undefined,
    records: readonly ParsedRecord[],
  ): ReadModelDocument | undefined {
    // What a conditional write looks at comes first, where the read store finds it before it has read the rest.
    const before = loaded ?? { _id: id, revision: this.firstRevision, ...this.#projection.initial(), applied: {} };
    const applied: Record<string, number> = { ...before.applied };
    let body: object = before;
    let fresh = 0;
    for (const { record, event } of records) {
      const source = `${record.topic}:${record.partition}`;
      if (record.offset <= (applied[source] ?? -1)) continue;
      body = this.#foldOne(body, event, id, record);
      applied[source] = record.offset;
      fresh++;
    }
    // Of records, not of writes: folded anew from the same topics, a document arrives at the revision it had.
    return fresh > 0 ? { ...body, _id: id, revision: before.revision + fresh, applied } : undefined;
  }

  #foldOne(body: object, event: CloudEvent, id: string, record: LogRecord): object {
    try {
      return this.#projection.fold(body, event, id);
    } catch (error) {
      this.#hooks.failed(record, error as Error);
      return body;
    }
  }

  /** False when another writer was faster with at least one document. */
  async #write(
    next: ReadonlyMap<string, ReadModelDocument>,
    loaded: ReadonlyMap<string, ReadModelDocument>,
  ): Promise<boolean> {
    if (next.size === 0) return true;
    await this.#hooks.writing();
    const documents = [...next.values()];
    const operations = documents.map((document) => {
      const before = loaded.get(document._id);
      if (!before) return { insertOne: { document } };
      return { replaceOne: { filter: { _id: before._id, revision: before.revision }, replacement: document } };
    });
    const replaces = operations.filter((operation) => 'replaceOne' in operation).length;
    const complete = await this.#documents.bulkWrite(operations, { ordered: false }).then(
      ({ matchedCount }) => matchedCount === replaces,
      (error: unknown) => {
        if (error instanceof MongoBulkWriteError && isDuplicateKey(error)) return false;
        throw error;
      },
    );
    if (complete) for (const document of documents) this.#cache.set(document._id, document);
    return complete;
  }
}
