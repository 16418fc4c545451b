import type { Caller } from '@order-flow/service-kit';
import { liveError } from '../schema/graphql-errors.js';

/** Counts the streams that each caller has open at this gateway, so that none can take all there are. */
export class StreamQuota {
  readonly #open = new Map<string, number>();

  /** @param perCaller the most that one caller may have open at a time */
  constructor(private readonly perCaller: number) {}

  /**
   * Counts one more of a caller's.
   * @returns to be called once, when it has closed
   * @throws GraphQLError TOO_MANY_SUBSCRIPTIONS {limit}
   */
  take({ role, subject }: Caller): () => void {
    const caller = `${role}:${subject}`;
    const open = this.#open.get(caller) ?? 0;
    if (open >= this.perCaller) throw this.#exceeded();
    this.#open.set(caller, open + 1);
    return () => {
      const left = (this.#open.get(caller) ?? 0) - 1;
      if (left > 0) this.#open.set(caller, left);
      else this.#open.delete(caller);
    };
  }

  #exceeded(): Error {
    const { perCaller: limit } = this;
    const message = `you have ${limit} subscriptions and waiting reads open, the most that one caller may; end some of them first`;
    return liveError('TOO_MANY_SUBSCRIPTIONS', message, { limit });
  }
}
