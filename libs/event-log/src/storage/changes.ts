type Listener = (subject: string) => void;

/** Versions of this process's own commits that are kept until the next look; more are taken for those of others. */
const OWN_LIMIT = 10_000;

/**
 * Who is told that something changed. A subject is a partition's or a group's name. Commits of this process are
 * announced at once; those of other processes are found by polling a version number, and then everybody is told: what is
 * not known to be this process's own may concern anyone.
 */
export class Changes {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #pollInterval: number;
  readonly #version: () => number;
  /** In the order of the commits. An array, for what is added to a set and removed all the time outlives its tables. */
  #own: number[] = [];
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

  isWatched(subject: string): boolean {
    return this.#listeners.has(subject);
  }

  announce(subjects: Iterable<string>): void {
    for (const subject of subjects) {
      for (const listener of this.#listeners.get(subject) ?? []) listener(subject);
    }
  }

  /** Says that a version is of this process alone, whoever needs to know of it being told. */
  own(version: number): void {
    // Several commits of this process may share one.
    if (this.#own.at(-1) === version) return;
    if (this.#own.length === OWN_LIMIT) this.#own = [];
    this.#own.push(version);
  }

  /** A version that was said to be own may be another process's after all. */
  disown(): void {
    this.#own = [];
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
    const others = !this.#isOwn(this.#seen + 1, version);
    this.#seen = version;
    if (others) this.announce(this.#listeners.keys());
  }

  #isOwn(from: number, to: number): boolean {
    const known = this.#own.filter((version) => version >= from && version <= to).length;
    this.#own = this.#own.filter((version) => version > to);
    return known === to - from + 1;
  }
}
