import { MongoCursorInUseError } from 'mongodb';
import type { Document, Sort, SortDirection } from 'mongodb';
import { compileFilter } from './filter.js';
import { project } from './projection.js';
import { explainPlan } from './query-plan.js';
import { documentPages, planOf } from './query-execution.js';
import type { QuerySource } from './collection-access.js';
import type { Query } from './query-execution.js';
import { ServerErrorCode, refuse } from './server-errors.js';
import { sortFields } from './sort-order.js';

export interface FindSettings {
  readonly sort?: Sort | undefined;
  readonly skip?: number | undefined;
  readonly limit?: number | undefined;
  readonly projection?: Document | undefined;
}

/**
 * The part of the driver's FindCursor that is used. It reads in pages as it is pulled; nothing is held open between
 * them, so an abandoned cursor costs nothing.
 */
export class EmbeddedFindCursor<T> implements AsyncIterable<T> {
  private pages: AsyncGenerator<Document[], void, void> | undefined;
  private page: T[] = [];
  private at = 0;
  private finished = false;

  constructor(
    private readonly source: QuerySource,
    private readonly filter: Document,
    private settings: FindSettings,
    private readonly transform?: (document: Document) => unknown,
  ) {}

  sort(sort: Sort | string, direction?: SortDirection): this {
    return this.set({ sort: typeof sort === 'string' && direction !== undefined ? [[sort, direction]] : sort });
  }

  skip(skip: number): this {
    return this.set({ skip });
  }

  limit(limit: number): this {
    return this.set({ limit });
  }

  project<P>(projection: Document): EmbeddedFindCursor<P> {
    return this.set({ projection }) as unknown as EmbeddedFindCursor<P>;
  }

  /** Has no effect on the result; pages have a size of their own. */
  batchSize(): this {
    return this;
  }

  map<P>(transform: (document: T) => P): EmbeddedFindCursor<P> {
    const { transform: before } = this;
    const both = (document: Document) => transform((before ? before(document) : document) as T);
    return new EmbeddedFindCursor<P>(this.source, this.filter, this.settings, both);
  }

  clone(): EmbeddedFindCursor<T> {
    return new EmbeddedFindCursor<T>(
      this.source,
      this.filter,
      this.settings,
      ...(this.transform ? [this.transform] : []),
    );
  }

  get closed(): boolean {
    return this.finished;
  }

  async next(): Promise<T | null> {
    if (!(await this.hasNext())) return null;
    return this.page[this.at++] as T;
  }

  async hasNext(): Promise<boolean> {
    return this.at < this.page.length || (await this.fill());
  }

  async toArray(): Promise<T[]> {
    const all: T[] = [];
    while (await this.hasNext()) {
      for (; this.at < this.page.length; this.at++) all.push(this.page[this.at] as T);
    }
    return all;
  }

  /** Stops when the callback returns false. */
  async forEach(callback: (document: T) => boolean | undefined): Promise<void> {
    for await (const document of this) if (callback(document) === false) return;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    try {
      while (await this.hasNext()) yield this.page[this.at++] as T;
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    this.finished = true;
    this.page = [];
    this.at = 0;
    await this.pages?.return();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** How the documents are found: `queryPlanner.winningPlan.stage` is IDHACK, IXSCAN (with `indexName`), COLLSCAN, EOF or SORT over one of them. */
  async explain(): Promise<Document> {
    const query = this.query();
    return explainPlan(this.source.name, planOf(this.source, query), query.sort);
  }

  private query(): Query {
    const { sort, skip = 0, limit = 0 } = this.settings;
    if (skip < 0) refuse(ServerErrorCode.NegativeSkip, `a query cannot skip ${skip} documents`);
    return { filter: compileFilter(this.filter), sort: sortFields(sort), skip, limit: Math.abs(limit) };
  }

  private set(settings: FindSettings): this {
    if (this.pages) throw new MongoCursorInUseError();
    this.settings = { ...this.settings, ...settings };
    return this;
  }

  private async fill(): Promise<boolean> {
    if (this.finished) return false;
    this.pages ??= documentPages(this.source, this.query());
    const { value } = await this.pages.next();
    this.at = 0;
    this.finished = value === undefined;
    this.page = value ? this.shape(value) : [];
    return !this.finished;
  }

  private shape(documents: Document[]): T[] {
    const projected = this.settings.projection ? project(documents, this.settings.projection) : documents;
    return (this.transform ? projected.map(this.transform) : projected) as T[];
  }
}
