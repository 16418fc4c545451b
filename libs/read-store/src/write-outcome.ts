import { ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import type { DocumentWriter } from './document-writer.js';
import type { Storage } from './storage.js';
import type { Found } from './document-scan.js';
import { matchesNow } from './query-execution.js';
import { refusalOf } from './server-errors.js';
import type { Refusal } from './server-errors.js';
import { applyUpdate, replacementFor, seedOf, upsertedByUpdate } from './update-expression.js';
import { encoded } from './write-operation.js';
import type { Deletion, Insertion, Replacement, Update, WriteOperation } from './write-operation.js';

/** What one operation did. A refused one wrote nothing. */
export interface WriteOutcome {
  readonly inserted: number;
  readonly matched: number;
  readonly modified: number;
  readonly deleted: number;
  readonly upserted?: { readonly id: unknown };
  readonly refusal?: Refusal;
  readonly before?: Document;
  readonly after?: Document;
}

const NOTHING: WriteOutcome = { inserted: 0, matched: 0, modified: 0, deleted: 0 };
const INSERTED: WriteOutcome = { ...NOTHING, inserted: 1 };
const MATCHED: WriteOutcome = { ...NOTHING, matched: 1 };
const MODIFIED: WriteOutcome = { ...MATCHED, modified: 1 };

const refused = (refusal: Refusal): WriteOutcome => ({ ...NOTHING, refusal });

/** Applies operations inside one transaction; nothing in it awaits, and nothing throws after a put. */
export class WriteSession {
  constructor(
    private readonly storage: Storage,
    private readonly writer: DocumentWriter,
  ) {}

  apply(operation: WriteOperation): WriteOutcome {
    try {
      return this.perform(operation);
    } catch (error) {
      return refused(refusalOf(error));
    }
  }

  private perform(operation: WriteOperation): WriteOutcome {
    switch (operation.kind) {
      case 'insert':
        return this.insert(operation);
      case 'replace':
        return this.replace(operation);
      case 'update':
        return this.update(operation);
      case 'delete':
        return this.delete(operation);
    }
  }

  private insert({ next }: Insertion): WriteOutcome {
    const refusal = this.writer.insert(next);
    return refusal ? refused(refusal) : INSERTED;
  }

  private replace(operation: Replacement): WriteOutcome {
    const { next, filter, replacement } = operation;
    if (next) return this.replaceNamed(operation);
    const found = matchesNow(this.storage, this.writer.entry, filter, operation.sort).next().value;
    if (!found) return operation.upsert ? this.upsert(replacedSeed(operation)) : NOTHING;
    return this.change(found, replacementFor(found.document._id, replacement));
  }

  /** The path that projections take: one read, one comparison, one write. */
  private replaceNamed({ next, filter, upsert }: Replacement): WriteOutcome {
    if (!next) return NOTHING;
    const { restFields } = filter;
    const stored = restFields ? this.writer.readFields(next.id, restFields) : this.writer.read(next.id);
    if (!stored || !filter.matchesRest(stored.document)) return upsert ? this.upsert(next.document) : NOTHING;
    const unchanged = next.bytes.compare(stored.bytes, 0, stored.bytes.length) === 0;
    if (unchanged) return MATCHED;
    const refusal = this.writer.replace(stored.document, next);
    return refusal ? refused(refusal) : MODIFIED;
  }

  private update(operation: Update): WriteOutcome {
    const found = this.selected(operation);
    if (found.length === 0)
      return operation.upsert ? this.upsert(upsertedByUpdate(operation.where, operation.update)) : NOTHING;
    let total = NOTHING;
    for (const { id } of found) {
      const before = this.writer.read(id)?.document;
      const after = this.writer.read(id)?.document;
      if (!before || !after) continue;
      applyUpdate(after, operation.where, operation.update);
      const outcome = this.change({ id, document: before }, after);
      if (outcome.refusal) return { ...total, refusal: outcome.refusal };
      total = { ...outcome, matched: total.matched + 1, modified: total.modified + outcome.modified };
    }
    return total;
  }

  private delete(operation: Deletion): WriteOutcome {
    const found = this.selected(operation);
    for (const { document, id } of found) this.writer.remove(document, id);
    const before = found[0]?.document;
    return { ...NOTHING, deleted: found.length, ...(before ? { before } : {}) };
  }

  private selected({ filter, sort, many }: Update | Deletion): Found[] {
    const matches = matchesNow(this.storage, this.writer.entry, filter, sort);
    if (many) return [...matches];
    const first = matches.next().value;
    return first ? [first] : [];
  }

  private change(found: Found, document: Document): WriteOutcome {
    const next = encoded(document);
    const stored = this.writer.read(found.id);
    if (stored && next.bytes.compare(stored.bytes, 0, stored.bytes.length) === 0)
      return { ...MATCHED, before: found.document, after: document };
    const refusal = this.writer.replace(found.document, next);
    return refusal ? refused(refusal) : { ...MODIFIED, before: found.document, after: document };
  }

  private upsert(document: Document): WriteOutcome {
    const refusal = this.writer.insert(encoded(document));
    return refusal ? refused(refusal) : { ...NOTHING, upserted: { id: document._id }, after: document };
  }
}

function replacedSeed({ where, replacement }: Replacement): Document {
  const id: unknown = seedOf(where)._id ?? replacement._id ?? new ObjectId();
  return replacementFor(id, replacement);
}
