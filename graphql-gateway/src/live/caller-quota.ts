import type { Caller } from '@order-flow/service-kit';

/** Counts what each caller has open at this gateway, so that none can take all there is. */
export class CallerQuota {
  readonly #open = new Map<string, number>();

  /** @param perCaller the most that one caller may have open at a time */
  constructor(readonly perCaller: number) {}

  /**
   * Counts one more of a caller's.
   * @returns to be called once, when it has closed; undefined when the caller has as many as may be
   */
  take({ role, subject }: Caller): (() => void) | undefined {
    const caller = `${role}:${subject}`;
    const open = this.#open.get(caller) ?? 0;
    if (open >= this.perCaller) return undefined;
    this.#open.set(caller, open + 1);
    return () => {
      const left = (this.#open.get(caller) ?? 0) - 1;
      if (left > 0) this.#open.set(caller, left);
      else this.#open.delete(caller);
    };
  }
}
