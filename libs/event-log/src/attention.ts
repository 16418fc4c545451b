/** Lets one waiter sleep until it is called or its signal is aborted. */
export class Attention {
  #wake: (() => void) | undefined;
  /** Listened to from the first wait on, for a listener of each wait would cost more than the wait. */
  #signal: AbortSignal | undefined;

  notify = (): void => this.#wake?.();

  /** @param signal the same one each time; it lives about as long as this */
  wait(signal: AbortSignal): Promise<void> {
    if (signal !== this.#signal) signal.addEventListener('abort', this.notify, { once: true });
    this.#signal = signal;
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
      if (signal.aborted) this.#wake();
    });
  }
}
