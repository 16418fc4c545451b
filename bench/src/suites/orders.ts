import { CpuProfile } from '../cpu-profile.js';
import { medians } from '../median.js';
import { freePortOffset, PlatformProcess, type Ready } from '@order-flow/all-in-one';
import { memoryOf, watchMemory } from '../process-memory.js';
import { processorSeconds } from '../process-time.js';
import type { BenchRun, Measurements, Suite } from '../suite.js';
import { IN_FLIGHT, OrderLoad } from './order-load.js';

/** Through each of the two ways, before anything counts. */
const WARM_UP_ORDERS = 3_000;
const THROUGHPUT_ORDERS = 10_000;
const LONG_ORDERS = 100_000;
const LATENCY_SECONDS = 10;
const ENOUGH_MEMORY_MB = 400;

/** No limit on requests. */
const UNLIMITED = { RATE_LIMIT_PER_MINUTE: '10000000' };

/** Runs work with a platform in a process of its own, on new data. */
export async function withPlatform<Result>(
  { inDirectory, profiles }: BenchRun,
  work: (platform: PlatformProcess, ready: Ready, profiled: Profiled) => Promise<Result>,
): Promise<Result> {
  return inDirectory(async (directory) => {
    const profile = profiles === undefined ? undefined : new CpuProfile(profiles);
    const platform = new PlatformProcess(directory, await freePortOffset(), { ...UNLIMITED, ...profile?.env });
    const profiled: Profiled = (name, task) => (profile ? profile.around(name, platform.pid, task) : task());
    try {
      return await work(platform, await platform.start(), profiled);
    } finally {
      await platform.stop();
    }
  });
}

/** Profiles the platform during work where profiles are wanted. */
type Profiled = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>;

/** Orders through a whole platform of one process: latency, throughput, memory. */
export const ordersSuite: Suite = (run) =>
  withPlatform(run, async (platform, ready, profiled) => {
    const load = await OrderLoad.open(ready);
    try {
      await load.throughput('commands', WARM_UP_ORDERS);
      await load.throughput('gateway', WARM_UP_ORDERS);
      const latencies = await measureLatencies(run, load, profiled);
      const throughput = await measureThroughput(run, load, platform.pid, profiled);
      const memory = run.long ? await measureMemory(run, load, platform.pid) : [];
      return [...throughput, ...latencies, ...memory];
    } finally {
      await load.close();
    }
  });

async function measureLatencies({ runs, say }: BenchRun, load: OrderLoad, profiled: Profiled): Promise<Measurements> {
  const figures: Measurements[] = [];
  for (const [rate, below] of [
    [200, 50],
    [20, 15],
  ] as const) {
    say(`placeOrder at ${rate}/s for ${LATENCY_SECONDS} s, ${runs} times`);
    let run = 0;
    await load.latency(rate, rate * LATENCY_SECONDS);
    const { p50, p95, p99 } = await medians(runs, () =>
      profiled(`latency-${rate}-${(run += 1)}`, () => load.latency(rate, rate * LATENCY_SECONDS)),
    );
    const name = `placeOrder (GraphQL) to CONFIRMED at ${rate}/s`;
    figures.push([
      { name: `${name}, p50`, value: p50, unit: 'ms' },
      { name: `${name}, p95`, value: p95, unit: 'ms', target: { below } },
      { name: `${name}, p99`, value: p99, unit: 'ms' },
    ]);
  }
  return figures.flat();
}

async function measureThroughput(
  { runs, say }: BenchRun,
  load: OrderLoad,
  pid: number,
  profiled: Profiled,
): Promise<Measurements> {
  const stop = watchMemory(pid);
  const measure = async (through: 'commands' | 'gateway') => {
    say(`${THROUGHPUT_ORDERS} orders through the ${through}, ${runs} times`);
    let run = 0;
    await load.throughput(through, THROUGHPUT_ORDERS);
    return medians(runs, async () => {
      const before = await processorSeconds(pid);
      const carried = await profiled(`throughput-${through}-${(run += 1)}`, () =>
        load.throughput(through, THROUGHPUT_ORDERS),
      );
      const used = (await processorSeconds(pid)) - before;
      const figures = { ...carried, processorMicroseconds: (used * 1e6) / THROUGHPUT_ORDERS };
      say(
        `  ${Object.entries(figures)
          .map(([name, value]) => `${name} ${Math.round(value)}`)
          .join(', ')}`,
      );
      return figures;
    });
  };
  const rest = await measure('commands');
  const graphql = await measure('gateway');
  const { resident, own } = stop();
  return [
    {
      name: `carried to CONFIRMED, through REST, ${IN_FLIGHT} in flight`,
      value: rest.carriedPerSecond,
      unit: 'orders/s',
      target: { atLeast: 1_500 },
    },
    { name: 'accepted by REST meanwhile', value: rest.acceptedPerSecond, unit: 'orders/s' },
    { name: 'processor time of an order through REST', value: rest.processorMicroseconds, unit: 'µs' },
    {
      name: `carried to CONFIRMED, through GraphQL, ${IN_FLIGHT} in flight`,
      value: graphql.carriedPerSecond,
      unit: 'orders/s',
    },
    { name: 'accepted by GraphQL meanwhile', value: graphql.acceptedPerSecond, unit: 'orders/s' },
    { name: 'processor time of an order through GraphQL', value: graphql.processorMicroseconds, unit: 'µs' },
    { name: 'most resident memory', value: resident, unit: 'MB' },
    { name: "of it the process's own", value: own, unit: 'MB', target: { below: ENOUGH_MEMORY_MB } },
  ];
}

/** 100,000 orders, the memory after each tenth. */
async function measureMemory({ say }: BenchRun, load: OrderLoad, pid: number): Promise<Measurements> {
  const tenth = LONG_ORDERS / 10;
  const samples: Measurements[number][] = [];
  for (let placed = tenth; placed <= LONG_ORDERS; placed += tenth) {
    const { carriedPerSecond } = await load.throughput('commands', tenth);
    const { resident, own } = await memoryOf(pid);
    say(
      `  after ${placed} orders: ${Math.round(resident)} MB, own ${Math.round(own)} MB, ${Math.round(carriedPerSecond)}/s`,
    );
    samples.push({
      name: `own memory after ${placed.toLocaleString('en')} more orders`,
      value: own,
      unit: 'MB',
      target: { below: ENOUGH_MEMORY_MB },
    });
  }
  return samples;
}
