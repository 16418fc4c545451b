import type { Gate } from './slice-context.js';

/** A gate that can be closed and opened again. */
export class PauseGate implements Gate {
  #opening: { readonly opened: Promise<void>; readonly open: () => void } | undefined;

  get open(): boolean {
    return this.#opening === undefined;
  }

  pause(): void {
    if (this.#opening) return;
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    this.#opening = { opened, open };
  }

  resume(): void {
    this.#opening?.open();
    this.#opening = undefined;
  }

  async passed(signal: AbortSignal): Promise<void> {
    while (this.#opening && !signal.aborted) {
      const { opened } = this.#opening;
      await new Promise<void>((resolve) => {
        const release = (): void => {
          signal.removeEventListener('abort', release);
          resolve();
        };
        signal.addEventListener('abort', release, { once: true });
        void opened.then(release);
      });
    }
  }
}
