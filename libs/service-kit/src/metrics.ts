import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { sleep } from './backoff.js';

const COLLECT_WITHIN_MS = 2_000;

let processMetrics: Registry | undefined;

const ofProcess = (): Registry => {
  if (!processMetrics) {
    processMetrics = new Registry();
    collectDefaultMetrics({ register: processMetrics });
  }
  return processMetrics;
};

/** One service's Prometheus metrics, beside those of its process. */
export class Metrics {
  readonly #registry = new Registry();

  constructor(service: string) {
    this.#registry.setDefaultLabels({ service });
  }

  counter<Label extends string = never>(name: string, help: string, labels: readonly Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labels], registers: [this.#registry] });
  }

  gauge<Label extends string = never>(name: string, help: string, labels: readonly Label[] = []): Gauge<Label> {
    return new Gauge({ name, help, labelNames: [...labels], registers: [this.#registry] });
  }

  /** A gauge that is asked when it is scraped. One that fails, or takes over two seconds, has no values in that scrape. */
  observed<Label extends string>(
    name: string,
    help: string,
    labels: readonly Label[],
    collect: (gauge: Gauge<Label>) => void | Promise<void>,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [this.#registry],
      async collect() {
        this.reset();
        const collected = Promise.resolve(collect(this)).catch(() => this.reset());
        const late = new AbortController();
        await Promise.race([collected, sleep(COLLECT_WITHIN_MS, late.signal)]);
        late.abort();
      },
    });
  }

  /** Default buckets suit durations in seconds from 1 ms to 10 s. */
  histogram<Label extends string = never>(
    name: string,
    help: string,
    labels: readonly Label[] = [],
    buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  ): Histogram<Label> {
    return new Histogram({ name, help, labelNames: [...labels], buckets, registers: [this.#registry] });
  }

  /** Prometheus text exposition. */
  async text(): Promise<string> {
    return `${await ofProcess().metrics()}\n${await this.#registry.metrics()}`;
  }
}
