import type { Figure } from './figure.js';

/** What a suite may use and is asked for. */
export interface BenchRun {
  /** Runs of what is cheap to repeat; medians are reported. */
  readonly runs: number;
  /** Records of the comparison with Kafka Streams. */
  readonly records: number;
  /** Whether suites may take many minutes. */
  readonly long: boolean;
  /** Where CPU profiles of the platform are written; undefined for none. */
  readonly profiles: string | undefined;
  /** A line of progress. */
  readonly say: (message: string) => void;
  /** Runs work in a new directory, which is removed afterwards. */
  readonly inDirectory: <Result>(work: (directory: string) => Promise<Result>) => Promise<Result>;
}

export type Measurements = readonly Omit<Figure, 'suite'>[];

export type Suite = (run: BenchRun) => Promise<Measurements>;
