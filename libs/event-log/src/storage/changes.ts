type Listener = (subject: string) => void;

/** Of what is decided in a partition, and not durable yet. */
export const decidedIn = (partition: string): string => `decided:${partition}`;

/**
 * Who is told that something changed. A subject is a partition's or a group's name. Commits of this process are
 * announced at once; those of other processes are found by polling a number, and then everybody is told.
 */
export class Changes {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #pollInterval: number;
  readonly #foreignWrites: () => number;
  #timer: NodeJS.Timeout | undefined;
  #seen = 0;

  /**
   * @param pollInterval milliseconds; 0 never polls
   * @param foreignWrites a number that grows when another process has written
   */
  constructor(pollInterval: number, foreignWrites: () => number) {
    this.#pollInterval = pollInterval;
    this.#foreignWrites = foreignWrites;
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

  isWatched(subject: string): boolean {
    return this.#listeners.has(subject);
  }

  announce(subjects: Iterable<string>): void {
    for (const subject of subjects) {
      for (const listener of this.#listeners.get(subject) ?? []) listener(subject);
    }
  }

  announceAll(): void {
    this.announce(this.#listeners.keys());
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
    this.#seen = this.#foreignWrites();
    this.#timer = setInterval(() => this.#poll(), this.#pollInterval).unref();
  }

  #poll(): void {
    const writes = this.#foreignWrites();
    if (writes === this.#seen) return;
    this.#seen = writes;
    this.announceAll();
  }
}
