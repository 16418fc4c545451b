import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type EventLog, openKafkaEventLog } from '@order-flow/event-log';
import { startKafka } from '@order-flow/servers';
import { median } from '../median.js';
import type { Job, Outcome } from '../streams-kafka/job.js';
import { runMembers } from '../streams-kafka/members.js';
import {
  buildKafkaStreams,
  countDecisions,
  type Decided,
  fillInput,
  restoreKafkaStreams,
  runKafkaStreams,
  runOurs,
} from '../streams-kafka/processes.js';
import { decisionTopic, PARTITIONS, requestTopic } from '../streams-kafka/workload.js';
import type { BenchRun, Measurements, Suite } from '../suite.js';

const INPUT = 'payment-requests';
const BROKER_HEAP_MB = 1_024;

interface Runner {
  readonly title: string;
  readonly name: string;
  readonly run: (job: Job) => Promise<Outcome>;
  readonly restore?: (job: Job) => Promise<Outcome>;
}

/** One for each core of the machine that the comparison is made on. */
const SHARES = 2;

const kafkaStreams = (threads: number) => ({
  name: `kafka-streams-${threads}`,
  run: (job: Job) => runKafkaStreams(job, threads),
  restore: (job: Job) => restoreKafkaStreams(job, threads),
});

const runners: readonly Runner[] = [
  { title: 'Kafka Streams', ...kafkaStreams(1) },
  {
    title: 'our runtime',
    name: 'runtime',
    run: (job) => runOurs('runtime', job),
    restore: (job) => runOurs('restore', job),
  },
  { title: 'bare kafkajs loop', name: 'loop', run: (job) => runOurs('loop', job) },
  { title: `Kafka Streams, ${SHARES} threads`, ...kafkaStreams(SHARES) },
  { title: `our runtime, ${SHARES} processes`, name: 'members', run: (job) => runMembers(job, SHARES) },
];

interface Round {
  readonly run: Outcome;
  readonly restored: Outcome | undefined;
}

const text = (value: number): string => Math.round(value).toLocaleString('en');

function verify(runner: Runner, decided: Decided, expected: Decided, records: number): void {
  const wrong = decided.records !== records || decided.orders !== records;
  if (wrong || decided.made !== expected.made || decided.paid !== expected.paid)
    throw new Error(`${runner.title} decided ${JSON.stringify(decided)} of ${records} records, others decided
 ${JSON.stringify(expected)}`);
}

/** One round of all runners, one after the other, on topics of their own. */
async function round(run: BenchRun, log: EventLog, brokers: string, number: number): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  let expected: Decided | undefined;
  for (const runner of runners) {
    const measured = await run.inDirectory(async (directory) => {
      const name = `${runner.name}-${number}`;
      const job: Job = {
        brokers: brokers.split(','),
        input: INPUT,
        output: `${name}-decisions`,
        name,
        stateDirectory: join(directory, 'state'),
        records: run.records,
      };
      await log.admin.ensureTopics([decisionTopic(job.output)], { partitions: PARTITIONS });
      const outcome = await runner.run(job);
      const decided = await countDecisions(brokers, job.output);
      verify(runner, decided, (expected ??= decided), run.records);
      await rm(job.stateDirectory, { recursive: true, force: true });
      const restored = await runner.restore?.(job);
      const back = restored ? `, restored at ${text(restored.recordsPerSecond)}/s` : '';
      run.say(`  round ${number}: ${runner.title} ${text(outcome.recordsPerSecond)} records/s${back}`);
      return { run: outcome, restored };
    });
    rounds.push(measured);
  }
  return rounds;
}

function figures(runner: Runner, rounds: readonly Round[]): Measurements {
  const of = (title: string, unit: string, value: (round: Round) => number | undefined): Measurements => {
    const values = rounds.map(value).filter((each) => each !== undefined);
    return values.length > 0 ? [{ name: `${runner.title}, ${title}`, unit, value: median(values) }] : [];
  };
  return [
    ...of('payment decisions', 'records/s', ({ run }) => run.recordsPerSecond),
    ...of('processor time of a record', 'µs', ({ run }) => run.cpuMicrosPerRecord),
    ...of('commit, p50', 'ms', ({ run }) => run.commitP50Ms),
    ...of('commit, p95', 'ms', ({ run }) => run.commitP95Ms),
    ...of('commit, mean', 'ms', ({ run }) => run.commitMeanMs),
    ...of('commit, longest', 'ms', ({ run }) => run.commitMaxMs),
    ...of('most resident memory', 'MB', ({ run }) => run.maxRssMb),
    ...of('restore of the state from its changelog', 'records/s', ({ restored }) => restored?.recordsPerSecond),
  ];
}

/** Medians of the ratios within each round, which the machine's other work distorts least. */
function ratios(rounds: readonly (readonly Round[])[]): Measurements {
  const rate = (each: readonly Round[], runner: number): number => each[runner]?.run.recordsPerSecond ?? NaN;
  const ratio = (one: number, other: number) => ({
    name: `${runners[one]?.title ?? ''} / ${runners[other]?.title ?? ''}, records/s`,
    unit: '×',
    value: median(rounds.map((each) => rate(each, one) / rate(each, other))),
  });
  return [ratio(1, 0), ratio(1, 2), ratio(4, 0), ratio(4, 3), ratio(4, 1), ratio(3, 0)];
}

/** The project's streams runtime on Kafka against Kafka Streams, on the same broker and input, in turns. */
export const streamsKafkaSuite: Suite = async (run) => {
  const kafka = await startKafka({ heap: BROKER_HEAP_MB });
  const log = await openKafkaEventLog({ brokers: kafka.brokers.split(',') });
  try {
    await buildKafkaStreams();
    await log.admin.ensureTopics([requestTopic(INPUT)], { partitions: PARTITIONS });
    await fillInput(kafka.brokers, INPUT, run.records);
    run.say(`  ${text(run.records)} requests of 300 bytes on ${PARTITIONS} partitions`);
    const rounds: (readonly Round[])[] = [];
    for (let number = 1; number <= run.runs; number += 1) rounds.push(await round(run, log, kafka.brokers, number));
    const each = runners.flatMap((runner, index) =>
      figures(
        runner,
        rounds.flatMap((all) => all.slice(index, index + 1)),
      ),
    );
    return [...each, ...ratios(rounds)];
  } finally {
    await log.close();
    await kafka.down();
  }
};
