import { setTimeout as delay } from 'node:timers/promises';

/** Exponential back-off with full jitter (as in the AWS Architecture Blog, "Exponential Backoff And Jitter", 2015). */
export interface Backoff {
  /** Milliseconds. */
  readonly initial: number;
  readonly max: number;
}

export const DEFAULT_BACKOFF: Backoff = { initial: 50, max: 5_000 };

/** Milliseconds to wait before the given attempt (1 = first retry); never below half of the exponential step. */
export function backoffDelay(
  attempt: number,
  { initial, max }: Backoff = DEFAULT_BACKOFF,
  random = Math.random,
): number {
  const step = Math.min(max, initial * 2 ** Math.min(attempt - 1, 30));
  return step / 2 + (random() * step) / 2;
}

/** Waits; resolves early, without throwing, when the signal is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  await delay(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
}
