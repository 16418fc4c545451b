/** What a command came to. */
export interface Answer<State> {
  readonly inputHash: unknown;
  readonly state: State;
  /** The stream's revision + 1. */
  readonly version: number;
}

/** A stream as it stood once. */
export interface StreamState<State> {
  readonly state: State;
  /** The stream's revision + 1; 0 for one that is not there. */
  readonly version: number;
  /** By the ids of the commands that are in it. */
  readonly answers: ReadonlyMap<string, Answer<State>>;
}

/**
 * The streams that this process appended to last, each as its last append left it. Others append too, so what is here
 * may be out of date: good to build an append on, which the store refuses then, and for nothing else.
 */
export class RecentStreams<State> {
  /** In the order of use, the longest unused first. */
  readonly #streams = new Map<string, StreamState<State>>();

  /** @param limit streams; beyond it the longest unused is forgotten */
  constructor(private readonly limit: number) {}

  get(stream: string): StreamState<State> | undefined {
    const found = this.#streams.get(stream);
    if (found) this.set(stream, found);
    return found;
  }

  set(stream: string, state: StreamState<State>): void {
    this.#streams.delete(stream);
    this.#streams.set(stream, state);
    if (this.#streams.size > this.limit) this.delete(this.#streams.keys().next().value ?? '');
  }

  delete(stream: string): void {
    this.#streams.delete(stream);
  }
}
