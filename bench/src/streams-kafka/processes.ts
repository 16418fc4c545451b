import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import { repositoryRoot } from '@order-flow/all-in-one';
import { type Job, Outcome } from './job.js';

const project = (): string => join(repositoryRoot(), 'bench', 'kafka-streams');

async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code ?? 'a signal'}:\n${text}`);
  return text;
}

const lastLine = (text: string): unknown => JSON.parse(text.trim().split('\n').at(-1) ?? '');

/** Compiles the Kafka Streams side with Maven. @throws Error with Maven's output */
export const buildKafkaStreams = (): Promise<string> =>
  outputOf('mvn', ['-q', '-B', '-ntp', '-Dstyle.color=never', '-f', join(project(), 'pom.xml'), 'process-classes']);

const java = async (...args: readonly string[]): Promise<unknown> => {
  const target = join(project(), 'target');
  const classes = `${join(target, 'classes')}:${join(target, 'lib')}/*`;
  return lastLine(await outputOf('java', ['-Xmx1g', '-cp', classes, 'orderflow.bench.Main', ...args]));
};

/** Fills the input topic, which exists. */
export const fillInput = (brokers: string, topic: string, records: number): Promise<unknown> =>
  java('fill', brokers, topic, String(records));

/** What stands, committed, on a topic of decisions. The same whoever decided. */
export const Decided = z.object({ records: z.number(), orders: z.number(), made: z.number(), paid: z.number() });
export type Decided = z.infer<typeof Decided>;

export const countDecisions = async (brokers: string, topic: string): Promise<Decided> =>
  Decided.parse(await java('count', brokers, topic));

const application = ({ brokers, input, output, name, stateDirectory }: Job, threads: number): readonly string[] => [
  brokers.join(','),
  input,
  output,
  name,
  stateDirectory,
  String(threads),
];

/** @param threads that share the partitions, in one process */
export const runKafkaStreams = async (job: Job, threads: number): Promise<Outcome> =>
  Outcome.parse(await java('run', ...application(job, threads), String(job.records)));

export const restoreKafkaStreams = async (job: Job, threads: number): Promise<Outcome> =>
  Outcome.parse(await java('restore', ...application(job, threads)));

/** The program that runs one of this project's own runners. */
export const workerProgram = (): string => join(repositoryRoot(), 'dist', 'bench-streams-kafka.mjs');

/** Runs one of this program's own runners in a new process. */
export const runOurs = async (runner: 'runtime' | 'restore' | 'loop', job: Job): Promise<Outcome> => {
  return Outcome.parse(lastLine(await outputOf(process.execPath, [workerProgram(), runner, JSON.stringify(job)])));
};
