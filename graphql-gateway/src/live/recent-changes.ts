const MAX_REMEMBERED = 50_000;
/** For how many rounds what changed is read again after another collection began to serve. */
const ROUNDS = 3;

/**
 * The documents that were signalled in this round and in the one before. While a rebuild switches a read model, the signal
 * of a change may come from one collection when the other is read, which does not have the change yet and may not send a
 * signal of its own: whoever brings it up to date until it is handed over may be no sender. So what was signalled about the
 * time of a switch is read again, until the new collection has it.
 */
export class RecentChanges {
  #serving: string | undefined;
  #roundsLeft = 0;
  #former: ReadonlySet<string> = new Set();
  #latest = new Set<string>();

  add(id: string): void {
    if (this.#latest.size < MAX_REMEMBERED) this.#latest.add(id);
  }

  /**
   * Ends a round.
   * @param serving the collection that serves now
   * @returns what to read again
   */
  turn(serving: string): readonly string[] {
    const switched = this.#serving !== undefined && this.#serving !== serving;
    this.#serving = serving;
    this.#roundsLeft = switched ? ROUNDS : Math.max(0, this.#roundsLeft - 1);
    const again = this.#roundsLeft > 0 ? [...this.#former, ...this.#latest] : [];
    this.#former = this.#latest;
    this.#latest = new Set();
    return again;
  }
}
