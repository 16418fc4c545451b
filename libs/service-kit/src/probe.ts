import { sleep } from './backoff.js';
import type { Readiness } from './readiness.js';

/** Milliseconds. */
export interface ProbePace {
  /** Between two questions. */
  readonly every: number;
  /** Without an answer for so long, the part counts as down. */
  readonly within: number;
}

const DEFAULT_PACE: ProbePace = { every: 2_000, within: 3_000 };

async function reach(name: string, ask: () => Promise<unknown>, readiness: Readiness, within: number): Promise<void> {
  const late = setTimeout(() => readiness.down(name, `no answer for ${within / 1_000} s`), within);
  try {
    await ask();
    readiness.up(name);
  } catch (error) {
    readiness.down(name, error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(late);
  }
}

/**
 * Asks something that is needed now and then for an answer, so that readiness tells of its absence while there is nothing
 * to do, and while those who work with it wait for it patiently. Runs until the signal.
 */
export async function probe(
  name: string,
  ask: () => Promise<unknown>,
  options: { readonly signal: AbortSignal; readonly readiness: Readiness; readonly pace?: ProbePace },
): Promise<void> {
  const { signal, readiness, pace = DEFAULT_PACE } = options;
  readiness.down(name, 'not asked yet');
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  while (!signal.aborted) {
    await Promise.race([reach(name, ask, readiness, pace.within), stopped]);
    await sleep(pace.every, signal);
  }
}
