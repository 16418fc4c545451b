import { setInterval, clearInterval } from 'node:timers';

/**
 * Tells waiting readers that the store has grown: at once for this process's commits, after at most one poll interval for
 * those of others. Many commits between two looks wake a reader once.
 */
export class Growth {
  readonly #lookUp: () => number;
  readonly #pollIntervalMs: number;
  readonly #waiting = new Set<() => void>();
  #last: number;
  #poll: NodeJS.Timeout | undefined;

  /** `lookUp` answers the store's last sequence as all processes see it now. */
  constructor(lookUp: () => number, pollIntervalMs: number) {
    this.#lookUp = lookUp;
    this.#pollIntervalMs = pollIntervalMs;
    this.#last = lookUp();
  }

  reached(sequence: number): void {
    if (sequence <= this.#last) return;
    this.#last = sequence;
    this.wakeAll();
  }

  wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves when there is something after `sequence`, when the signal aborts, or at `wakeAll`. */
  beyond(sequence: number, signal: AbortSignal): Promise<void> {
    if (this.#last > sequence || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        if (this.#waiting.size === 0) this.#stopPolling();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
      this.#poll ??= setInterval(() => this.#look(), this.#pollIntervalMs).unref();
    });
  }

  /** A failing look wakes the readers: their own read then fails and tells their callers. */
  #look(): void {
    try {
      this.reached(this.#lookUp());
    } catch {
      this.wakeAll();
    }
  }

  #stopPolling(): void {
    clearInterval(this.#poll);
    this.#poll = undefined;
  }
}
