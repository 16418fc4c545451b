type Listener = (subject: string) => void;

/**
 * Who is told that something changed. A subject is a partition's or a group's name. Commits of this process are
 * announced at once; those of other processes are found by polling a version number, and then everybody is told.
 */
export class Changes {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #pollInterval: number;
  readonly #version: () => number;
  #timer: NodeJS.Timeout | undefined;
  #seen = 0;

  /** @param pollInterval milliseconds; 0 never polls */
  constructor(pollInterval: number, version: () => number) {
    this.#pollInterval = pollInterval;
    this.#version = version;
  }

  /** Tells `listener` of changes of the subjects until the returned function is called. */
  watch(subjects: readonly string[], listener: Listener): () => void {
    for (const subject of subjects) {
      const listeners = this.#listeners.get(subject) ?? new Set();
      this.#listeners.set(subject, listeners.add(listener));
    }
    this.#startPolling();
    return () => {
      for (const subject of subjects) this.#forget(subject, listener);
      if (this.#listeners.size === 0) this.stop();
    };
  }

  announce(subjects: Iterable<string>): void {
    for (const subject of subjects) {
      for (const listener of this.#listeners.get(subject) ?? []) listener(subject);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #forget(subject: string, listener: Listener): void {
    const listeners = this.#listeners.get(subject);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#listeners.delete(subject);
  }

  #startPolling(): void {
    if (this.#timer ?? this.#pollInterval === 0) return;
    this.#seen = this.#version();
    this.#timer = setInterval(() => this.#poll(), this.#pollInterval).unref();
  }

  #poll(): void {
    const version = this.#version();
    if (version === this.#seen) return;
    this.#seen = version;
    this.announce(this.#listeners.keys());
  }
}
