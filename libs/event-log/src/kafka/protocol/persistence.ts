import { setTimeout as delay } from 'node:timers/promises';
import { isPassing, NoAnswer } from './failures.js';

export interface Persistence {
  /** Ends the waiting between tries, not a try. */
  readonly signal?: AbortSignal;
  /** Milliseconds from the start after which no new try begins. */
  readonly within: number;
  /** Milliseconds before the second try; each further wait is twice as long, up to `longest`. */
  readonly first?: number;
  readonly longest?: number;
  readonly retry?: (error: unknown) => boolean;
}

const jittered = (milliseconds: number): number => milliseconds * (0.75 + Math.random() / 2);

/** The wait before the given try (2 = first repetition), with jitter; milliseconds. */
export const waitBefore = (attempt: number, first: number, longest: number): number =>
  jittered(Math.min(longest, first * 2 ** Math.min(attempt - 2, 20)));

/** Waits; resolves early when the signal is aborted. */
export const pause = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  delay(milliseconds, undefined, signal ? { signal } : {}).catch(() => undefined);

/** Does the work, and again while it fails with what passes. @throws what the last try threw */
export async function persist<T>(work: () => Promise<T>, how: Persistence): Promise<T> {
  const { signal, within, first = 50, longest = 1_000, retry = isPassing } = how;
  const until = performance.now() + within;
  for (let attempt = 2; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!retry(error) || signal?.aborted || performance.now() >= until) throw error;
      await pause(Math.min(waitBefore(attempt, first, longest), Math.max(0, until - performance.now())), signal);
      if (signal?.aborted) throw error;
    }
  }
}

/** The work's outcome, or NoAnswer when there is none in time: a connection may lose a request without a word. */
export async function answered<T>(work: Promise<T>, milliseconds: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer(what, milliseconds)), milliseconds);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
