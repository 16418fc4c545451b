import type { Logger } from './logging.js';

/** Something that runs: it was started, and can be stopped. */
export interface Running {
  /** Drains and stops; resolves when everything accepted is safe. */
  stop(): Promise<void>;
}

/** Starts parts in order, stops them in reverse, each within a deadline. */
export class Lifecycle {
  readonly #parts: { name: string; running: Running }[] = [];
  #stopping: Promise<void> | undefined;

  constructor(
    readonly logger: Logger,
    readonly stopDeadlineMs = 10_000,
  ) {}

  /** Starts a part and keeps it for the stop. If it fails, what was started before is stopped first. */
  async start<T extends Running>(name: string, start: () => Promise<T>): Promise<T> {
    const running = await start().catch(async (error: unknown) => {
      await this.stop();
      throw error;
    });
    this.#parts.push({ name, running });
    return running;
  }

  /** Keeps something that needs closing, such as an opened store. */
  closing<T extends { close(): Promise<void> }>(name: string, resource: T): T {
    this.#parts.push({ name, running: { stop: () => resource.close() } });
    return resource;
  }

  /** Runs a loop that ends by its signal. */
  background(name: string, run: (signal: AbortSignal) => Promise<void>): void {
    const controller = new AbortController();
    const done = run(controller.signal);
    done.catch((error: unknown) => this.logger.error({ part: name, err: error }, `${name} ended with an error`));
    this.#parts.push({
      name,
      running: {
        stop: async () => {
          controller.abort();
          await done.catch(() => undefined);
        },
      },
    });
  }

  /** Idempotent. A part that fails or outlives its deadline is logged, and the rest still stops. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (const { name, running } of this.#parts.reverse()) {
      let timer: NodeJS.Timeout | undefined;
      const deadline = new Promise<'late'>((resolve) => {
        timer = setTimeout(() => resolve('late'), this.stopDeadlineMs);
      });
      try {
        const outcome = await Promise.race([running.stop(), deadline]);
        if (outcome === 'late')
          this.logger.error({ part: name }, `${name} did not stop within ${this.stopDeadlineMs} ms`);
      } catch (error) {
        this.logger.error({ part: name, err: error }, `${name} failed to stop`);
      } finally {
        clearTimeout(timer);
      }
    }
  }
}
