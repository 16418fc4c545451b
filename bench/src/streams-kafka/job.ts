import { z } from 'zod';

/** What a runner is asked to do, in a process of its own. */
export const Job = z.object({
  brokers: z.array(z.string()),
  input: z.string(),
  output: z.string(),
  /** Of the topology and its group. */
  name: z.string(),
  /** Empty at first. */
  stateDirectory: z.string(),
  records: z.int(),
  /** Processes that share the work; one by default. */
  members: z.int().optional(),
});
export type Job = z.infer<typeof Job>;

/** What a runner measured: from the first record it decided to the commit of the last. */
export const Outcome = z.object({
  records: z.number(),
  seconds: z.number(),
  recordsPerSecond: z.number(),
  /** Processor time of its process, all threads, in microseconds. */
  cpuMicrosPerRecord: z.number(),
  /** Most resident memory of its process, in megabytes (10⁶ bytes). */
  maxRssMb: z.number(),
  commitP50Ms: z.number().optional(),
  commitP95Ms: z.number().optional(),
  commitMeanMs: z.number().optional(),
  commitMaxMs: z.number().optional(),
});
export type Outcome = z.infer<typeof Outcome>;

/** A stretch of work, timed. */
export class Stretch {
  #beganAt = NaN;
  #used = process.cpuUsage();

  /** The first call counts. */
  readonly begin = (): void => {
    if (!Number.isNaN(this.#beganAt)) return;
    this.#beganAt = performance.now();
    this.#used = process.cpuUsage();
  };

  /** Ends now. */
  outcome(records: number): Outcome {
    const seconds = (performance.now() - this.#beganAt) / 1_000;
    const maxRssMb = (process.resourceUsage().maxRSS * 1_024) / 1e6;
    const { user, system } = process.cpuUsage(this.#used);
    return {
      records,
      seconds,
      recordsPerSecond: records / seconds,
      cpuMicrosPerRecord: (user + system) / records,
      maxRssMb,
    };
  }
}
