/** Lets one waiter sleep until it is called or its signal is aborted. */
export class Attention {
  #wake: (() => void) | undefined;

  notify = (): void => this.#wake?.();

  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = wake;
      if (signal.aborted) wake();
      else signal.addEventListener('abort', wake, { once: true });
    });
  }
}
