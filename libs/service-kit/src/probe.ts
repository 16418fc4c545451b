import { sleep } from './backoff.js';
import type { Logger } from './logging.js';
import type { Readiness } from './readiness.js';

/** Milliseconds. */
export interface ProbePace {
  /** Between two questions. */
  readonly every: number;
  /** Without an answer for so long, the part counts as down. */
  readonly within: number;
}

const DEFAULT_PACE: ProbePace = { every: 2_000, within: 3_000 };

/** Says that a part is away, once more when it is known why, and when it is back; nothing once the signal is aborted. */
class Told {
  #known: 'nothing' | 'silence' | 'cause' = 'nothing';

  constructor(
    readonly name: string,
    readonly logger: Logger,
    readonly signal: AbortSignal,
  ) {}

  away(what: 'silence' | 'cause', cause: string): void {
    if (this.#known === 'cause' || this.#known === what || this.signal.aborted) return;
    this.#known = what;
    this.logger.warn(
      { part: this.name, cause },
      `${this.name} does not answer: ${cause}; it is asked again until it does`,
    );
  }

  back(): void {
    if (this.#known !== 'nothing') this.logger.info({ part: this.name }, `${this.name} answers again`);
    this.#known = 'nothing';
  }
}

async function reach(ask: () => Promise<unknown>, readiness: Readiness, told: Told, within: number): Promise<void> {
  const down = (what: 'silence' | 'cause', cause: string): void => {
    readiness.down(told.name, cause);
    told.away(what, cause);
  };
  const late = setTimeout(() => down('silence', `no answer for ${within / 1_000} s`), within);
  try {
    await ask();
    readiness.up(told.name);
    told.back();
  } catch (error) {
    down('cause', error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(late);
  }
}

/**
 * Asks something that is needed now and then for an answer, so that readiness and the log tell of its absence while there is
 * nothing to do, and while those who work with it wait for it patiently. Runs until the signal.
 */
export async function probe(
  name: string,
  ask: () => Promise<unknown>,
  options: {
    readonly signal: AbortSignal;
    readonly readiness: Readiness;
    readonly logger: Logger;
    readonly pace?: ProbePace;
  },
): Promise<void> {
  const { signal, readiness, logger, pace = DEFAULT_PACE } = options;
  const told = new Told(name, logger, signal);
  readiness.down(name, 'not asked yet');
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  while (!signal.aborted) {
    await Promise.race([reach(ask, readiness, told, pace.within), stopped]);
    await sleep(pace.every, signal);
  }
}
