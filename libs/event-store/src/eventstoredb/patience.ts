import type { Backoff } from '@order-flow/service-kit';
import { backoffDelay, sleep } from '@order-flow/service-kit';
import { NoAnswer } from './failure.js';

/** How long the server is waited for, in milliseconds. */
export interface Patience {
  /** For one answer. */
  readonly answerMs: number;
  /** For one call of the port, with all that is tried for it. */
  readonly callMs: number;
}

const BACKOFF: Backoff = { initial: 20, max: 1_000 };

/** Settles as the work does; rejects with NoAnswer when that takes too long. The work itself goes on. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer(ms)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Tries again, with back-off, what `again` allows, until it succeeds or patience ends; then the last failure is thrown. */
export async function tryFor<T>(
  ms: number,
  attempt: () => Promise<T>,
  again: (error: unknown) => boolean,
  signal?: AbortSignal,
): Promise<T> {
  const end = performance.now() + ms;
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const delay = backoffDelay(tries, BACKOFF);
      if (!again(error) || signal?.aborted || performance.now() + delay >= end) throw error;
      await sleep(delay, signal);
    }
  }
}
