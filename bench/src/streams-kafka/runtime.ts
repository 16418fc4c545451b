import { openKafkaEventLog } from '@order-flow/event-log';
import { lmdbState, type RunningTopology, runTopology, type TopologyObserver } from '@order-flow/streams';
import { Latencies } from '../orders/latencies.js';
import { type Job, type Outcome, Stretch } from './job.js';
import { decisionTopic, PARTITIONS, payments } from './workload.js';

/** Runs the topology with the project's runtime until `observe` ends it. @param started is given it before it does anything */
export async function runUntil(
  { brokers, input, output, name, stateDirectory }: Job,
  began: () => void,
  observe: (end: () => void) => TopologyObserver,
  started: (running: RunningTopology) => void = () => undefined,
): Promise<void> {
  const log = await openKafkaEventLog({ brokers });
  try {
    const topology = payments(name, input, output, began);
    await log.admin.ensureTopics([decisionTopic(output), ...topology.internalTopics], { partitions: PARTITIONS });
    const state = lmdbState(stateDirectory);
    const stop = new AbortController();
    const failures: Error[] = [];
    const observer: TopologyObserver = {
      ...observe(() => stop.abort()),
      failed: (_slice, error) => {
        failures.push(error);
        stop.abort();
      },
    };
    // All accounts of a slice stay in memory, as they do in the cache of Kafka Streams.
    const options = { cacheEntries: 2_500 };
    const running = runTopology({ topology, log, state, signal: stop.signal, observer, options });
    started(running);
    await running.done;
    await state.close();
    for (const failure of failures) throw failure;
  } finally {
    await log.close();
  }
}

/** Decides all records with the project's runtime, on LMDB state with its changelog in Kafka. */
export async function runRuntime(job: Job): Promise<Outcome> {
  const stretch = new Stretch();
  const commits = new Latencies();
  let consumedRecords = 0;
  let outcome: Outcome | undefined;
  await runUntil(job, stretch.begin, (end) => ({
    committed: ({ consumed, milliseconds }) => {
      commits.add(milliseconds);
      consumedRecords += consumed;
      if (consumedRecords < job.records) return;
      const [commitP50Ms, commitP95Ms] = commits.percentiles(0.5, 0.95);
      outcome = { ...stretch.outcome(consumedRecords), commitP50Ms, commitP95Ms };
      end();
    },
  }));
  if (!outcome) throw new Error('the topology ended before all was decided');
  return outcome;
}

/** Starts the topology without local state, and measures how fast its changelogs come back. */
export async function restoreRuntime(job: Job): Promise<Outcome> {
  const stretch = new Stretch();
  const restored = new Map<number, number>();
  const running = new Set<number>();
  let outcome: Outcome | undefined;
  await runUntil(
    job,
    () => undefined,
    (end) => {
      stretch.begin();
      return {
        restoring: (slice, records) => void restored.set(slice, records),
        running: (slice) => {
          running.add(slice);
          if (running.size < PARTITIONS) return;
          outcome = stretch.outcome([...restored.values()].reduce((sum, records) => sum + records, 0));
          end();
        },
      };
    },
  );
  if (!outcome) throw new Error('the topology ended before all was restored');
  return outcome;
}
