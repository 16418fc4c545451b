import { setInterval, clearInterval } from 'node:timers';

/** Waits for a store to grow; for one reader. */
export interface GrowthFollower {
  /** Resolves when there is something after `sequence`, when the reader's signal aborts, or at `wakeAll`. */
  beyond(sequence: number): Promise<void>;
  /** Waits no more. */
  end(): void;
}

/**
 * Tells waiting readers that the store has grown: at once for this process's commits, after at most one poll interval for
 * those of others. Many commits between two looks wake a reader once.
 */
export class Growth {
  readonly #lookUp: () => number;
  readonly #pollIntervalMs: number;
  /** What wakes each of the readers that follow. */
  readonly #followers = new Set<() => void>();
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
    for (const wake of this.#followers) wake();
  }

  /** For a reader that goes on until the signal, and tells its end. */
  follow(signal: AbortSignal): GrowthFollower {
    let resume: (() => void) | undefined;
    const wake = (): void => resume?.();
    this.#followers.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    this.#poll ??= setInterval(() => this.#look(), this.#pollIntervalMs).unref();
    return {
      beyond: (sequence) => {
        if (this.#last > sequence || signal.aborted) return Promise.resolve();
        return new Promise((resolve) => {
          resume = () => {
            resume = undefined;
            resolve();
          };
        });
      },
      end: () => {
        signal.removeEventListener('abort', wake);
        this.#followers.delete(wake);
        if (this.#followers.size === 0) this.#stopPolling();
      },
    };
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
