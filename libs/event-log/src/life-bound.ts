import { setMaxListeners } from 'node:events';

/** Ends what was begun with a log when the log is closed. */
export class LifeBound {
  readonly #open = new Set<AbortController>();
  readonly #pending = new Set<Promise<void>>();
  #ended = false;

  /** A signal that is aborted with `signal` or with this life; release it when it is not needed any more. */
  bind(signal: AbortSignal): { readonly signal: AbortSignal; release(): void } {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    if (signal.aborted || this.#ended) abort();
    // As many may read or join by one signal as they like; each takes its listener away again.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', abort, { once: true });
    this.#open.add(controller);
    const release = (): void => {
      signal.removeEventListener('abort', abort);
      this.#open.delete(controller);
    };
    return { signal: controller.signal, release };
  }

  /** What work yields while neither `signal` is aborted nor this life has ended. */
  async *during<T>(
    signal: AbortSignal,
    work: (bound: AbortSignal) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    const bound = this.bind(signal);
    try {
      yield* work(bound.signal);
    } finally {
      bound.release();
    }
  }

  /** The end waits for this work, whether or not it succeeds. */
  awaits(work: Promise<void>): void {
    const settled = work.catch(() => undefined).finally(() => this.#pending.delete(settled));
    this.#pending.add(settled);
  }

  async end(): Promise<void> {
    this.#ended = true;
    for (const controller of this.#open) controller.abort();
    await Promise.all(this.#pending);
  }
}
