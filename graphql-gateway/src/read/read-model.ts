import type { ReadModelDocument } from '@order-flow/contracts';
import type { Documents, ReadStore } from '@order-flow/read-store';
import DataLoader from 'dataloader';

/** Names the collection that serves a read model now; a rebuild switches it. */
export type CollectionFor = (model: string) => Promise<string>;

/** One read model. Reads by id that come in the same tick, from whichever request or subscription, share one query. */
export class ReadModel<T extends ReadModelDocument> {
  readonly #loader: DataLoader<string, T | null>;

  constructor(
    private readonly store: ReadStore,
    private readonly collectionFor: CollectionFor,
    readonly name: string,
  ) {
    this.#loader = new DataLoader((ids) => this.#read(ids), { cache: false, maxBatchSize: 500 });
  }

  /** The name of the collection that serves now. */
  serving(): Promise<string> {
    return this.collectionFor(this.name);
  }

  async documents(): Promise<Documents<T>> {
    return this.store.collection<T>(await this.serving());
  }

  /** The document as it is now, or null. */
  load(id: string): Promise<T | null> {
    return this.#loader.load(id);
  }

  async #read(ids: readonly string[]): Promise<(T | null)[]> {
    const documents = await this.documents();
    const distinct = [...new Set(ids)];
    const found = (await documents.find({ _id: { $in: distinct } } as never).toArray()) as unknown as T[];
    const byId = new Map(found.map((document) => [document._id, document]));
    return ids.map((id) => byId.get(id) ?? null);
  }
}
