import { Problem } from '@order-flow/service-kit';

/** A bounded number of places for work that costs much. */
export class Slots {
  #taken = 0;

  constructor(
    readonly limit: number,
    readonly what: string,
  ) {}

  /** Takes a place and answers how to give it back, once. @throws Problem 503 BUSY */
  take(): () => void {
    if (this.#taken >= this.limit) throw new Problem(503, 'BUSY', `${this.limit} ${this.what} are open already`);
    this.#taken++;
    let released = false;
    return () => {
      if (!released) this.#taken--;
      released = true;
    };
  }

  async hold<T>(work: () => Promise<T>): Promise<T> {
    const release = this.take();
    try {
      return await work();
    } finally {
      release();
    }
  }
}
