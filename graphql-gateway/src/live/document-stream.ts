import type { ReadModelDocument } from '@order-flow/contracts';
import type { ReadModel } from '../read/read-model.js';
import { LiveStream } from './live-stream.js';

/** The states of one document, each newer than the one before; states in between may be merged, the newest arrives. */
export class DocumentStream<T extends ReadModelDocument> extends LiveStream<T> {
  #revision: number;

  /** @param afterRevision deliver only what is newer */
  constructor(
    private readonly model: ReadModel<T>,
    readonly id: string,
    afterRevision: number,
  ) {
    super();
    this.#revision = afterRevision;
  }

  /** A hint that the document has this revision. */
  hint(revision: number): void {
    if (revision > this.#revision) this.raise();
  }

  protected async take(): Promise<T | undefined> {
    const document = await this.model.load(this.id);
    if (!document || document.revision <= this.#revision) return undefined;
    this.#revision = document.revision;
    return document;
  }
}
