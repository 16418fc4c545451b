import type { SliceWork } from './work.js';

/** How long a punctuation that waits for the inputs looks away; milliseconds. */
const WAIT_MS = 50;

/** When punctuations on the wall clock come. What is due outlives a restart. */
export class Punctuator {
  /** Milliseconds since the epoch, by name. */
  readonly due: Map<string, number>;
  readonly #work: SliceWork;
  readonly #punctuations: SliceWork['punctuations'];
  readonly #now: () => number;

  constructor(work: SliceWork, due: Readonly<Record<string, number>>, now: () => number) {
    this.#work = work;
    this.#punctuations = work.punctuations;
    this.due = new Map(Object.entries(due));
    this.#now = now;
  }

  /** Milliseconds until the next one. @param caughtUp whether one may run when it is due */
  untilNext(caughtUp: boolean): number {
    const now = this.#now();
    const waits = this.#punctuations.map(({ name }) => Math.max((this.due.get(name) ?? 0) - now, 0));
    return Math.max(Math.min(Infinity, ...waits), caughtUp ? 0 : WAIT_MS);
  }

  /** Runs what is due. */
  run(): void {
    const now = this.#now();
    for (const { name, intervalMs } of this.#punctuations) {
      const due = this.due.get(name) ?? 0;
      // A clock that was set back must not silence a punctuation for as long.
      if (due > now && due - now <= intervalMs) continue;
      this.due.set(name, now + intervalMs);
      this.#work.punctuate(name, now);
    }
  }
}
