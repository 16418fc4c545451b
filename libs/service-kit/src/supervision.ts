import { type Backoff, backoffDelay, DEFAULT_BACKOFF, sleep } from './backoff.js';
import type { Logger } from './logging.js';
import type { Readiness } from './readiness.js';

/**
 * A part that runs until its signal. It says when it is ready, and what it waits for when it no longer is.
 */
export type Supervised = (signal: AbortSignal, ready: () => void, waiting: (cause: string) => void) => Promise<void>;

/**
 * Keeps a long-running part running: whenever `run` fails, it is started again after a back-off, until the signal is
 * aborted. While it is down, or says what it waits for, readiness names the cause. A run of over a minute resets the back-off.
 */
export async function supervise(
  name: string,
  run: Supervised,
  options: {
    readonly signal: AbortSignal;
    readonly logger: Logger;
    readonly readiness: Pick<Readiness, 'up' | 'down'>;
    readonly backoff?: Backoff;
  },
): Promise<void> {
  const { signal, logger, readiness, backoff = DEFAULT_BACKOFF } = options;
  const stopped = () => signal.aborted;
  readiness.down(name, 'starting');
  for (let attempt = 1; !stopped(); attempt++) {
    const startedAt = performance.now();
    try {
      await run(
        signal,
        () => readiness.up(name),
        (cause) => readiness.down(name, cause),
      );
      if (stopped()) break;
      throw new Error('ended unexpectedly');
    } catch (error) {
      if (stopped()) {
        logger.debug({ part: name, err: error }, 'failed while stopping');
        break;
      }
      const message = error instanceof Error ? error.message : String(error);
      readiness.down(name, message);
      if (performance.now() - startedAt > 60_000) attempt = 1;
      const wait = backoffDelay(attempt, backoff);
      logger.error({ part: name, err: error, retryInMs: Math.round(wait) }, `${name} failed: ${message}`);
      await sleep(wait, signal);
    }
  }
  readiness.down(name, 'stopped');
}
