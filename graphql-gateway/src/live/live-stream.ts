/**
 * A pull-based endless stream for one subscriber. It keeps no queue: `raise` says that there may be something, and `take`
 * fetches it when the subscriber asks. Unlike an async generator it can be closed while it waits.
 */
export abstract class LiveStream<T> implements AsyncIterableIterator<T> {
  #open = true;
  #raised = true;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  readonly #onClose: (() => void)[] = [];

  /** What to deliver next, or undefined when there is nothing now. */
  protected abstract take(): Promise<T | undefined> | T | undefined;

  get open(): boolean {
    return this.#open;
  }

  onClose(listener: () => void): this {
    this.#onClose.push(listener);
    return this;
  }

  raise(): void {
    this.#raised = true;
    this.#wake?.();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const listener of this.#onClose) listener();
    this.#wake?.();
  }

  /** Ends the stream with an error that the subscriber sees. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.close();
  }

  async next(): Promise<IteratorResult<T>> {
    while (this.open) {
      const value = this.#raised ? await this.#attempt() : undefined;
      if (value !== undefined && !this.#closed()) return { done: false, value };
      if (!this.#raised && !this.#closed()) await this.#raise();
    }
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<T>> {
    this.close();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<T>> {
    this.close();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** Asked again after a wait, in which it may have changed. */
  #closed(): boolean {
    return !this.#open;
  }

  /** The flag goes down before the look, so that what changes during it raises it again. */
  async #attempt(): Promise<T | undefined> {
    this.#raised = false;
    try {
      const value = await this.take();
      if (value !== undefined) this.#raised = true;
      return value;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #raise(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
