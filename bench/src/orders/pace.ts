import { setTimeout as delay } from 'node:timers/promises';

/**
 * Calls at a constant rate, however long the calls take (an open loop: a slow system meets the same load). Each call is
 * told when it should have been made, so that lateness of the caller counts as latency too.
 * @param rate calls a second
 * @returns when the last has been started
 */
export async function atConstantRate(
  count: number,
  rate: number,
  call: (index: number, dueAt: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  for (let index = 0; index < count && !signal?.aborted; index += 1) {
    const dueAt = startedAt + (index * 1_000) / rate;
    const wait = dueAt - performance.now();
    if (wait > 0.5) await delay(wait, undefined, signal ? { signal } : {}).catch(() => undefined);
    if (signal?.aborted) return;
    call(index, dueAt);
  }
}
