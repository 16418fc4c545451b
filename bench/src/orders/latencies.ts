/** Durations in milliseconds, kept to say where most of them lie. */
export class Latencies {
  readonly #taken: number[] = [];

  get count(): number {
    return this.#taken.length;
  }

  add(milliseconds: number): void {
    this.#taken.push(milliseconds);
  }

  /**
   * By nearest rank, such as 0.5 for the median; NaN when there are none.
   * @param shares each from 0 to 1
   */
  percentiles<const Shares extends readonly number[]>(...shares: Shares): { [Index in keyof Shares]: number } {
    const sorted = Float64Array.from(this.#taken).sort();
    const at = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
    return shares.map(at) as { [Index in keyof Shares]: number };
  }
}
