import { issueTokens, type Ready, sample } from '@order-flow/all-in-one';
import { ONE_OF_EACH, urlsOf } from '@order-flow/cluster';
import { SystemUnderTest } from '@order-flow/verification';
import { benchBridge } from '../bridge.js';
import { medians } from '../median.js';
import type { BenchRun, Measurements, Suite } from '../suite.js';
import { IN_FLIGHT, OrderLoad } from './order-load.js';

/** So many that the code of the servers on the JVM is compiled: what carries many orders at once, and one. */
const WARM_UP_ORDERS = 15_000;
const WARM_UP_SINGLY = 400;
const THROUGHPUT_ORDERS = 3_000;
const RATE = 20;
const LATENCY_SECONDS = 15;

async function measure({ runs, say }: BenchRun, load: OrderLoad): Promise<Measurements> {
  say(`${THROUGHPUT_ORDERS} orders through the commands, ${runs} times`);
  const { carriedPerSecond } = await medians(runs, async () => {
    const carried = await load.throughput('commands', THROUGHPUT_ORDERS);
    say(`  carried ${Math.round(carried.carriedPerSecond)}/s`);
    return carried;
  });
  say(`placeOrder at ${RATE}/s for ${LATENCY_SECONDS} s, ${runs} times`);
  const { p50, p95, p99 } = await medians(runs, async () => {
    const latency = await load.latency(RATE, RATE * LATENCY_SECONDS);
    say(`  p50 ${latency.p50.toFixed(1)}, p95 ${latency.p95.toFixed(1)}, p99 ${latency.p99.toFixed(1)} ms`);
    return latency;
  });
  const name = `placeOrder (GraphQL) to CONFIRMED at ${RATE}/s`;
  return [
    { name: `${name}, p50`, value: p50, unit: 'ms' },
    { name: `${name}, p95`, value: p95, unit: 'ms', target: { below: 100 } },
    { name: `${name}, p99`, value: p99, unit: 'ms' },
    {
      name: `carried to CONFIRMED, through REST, ${IN_FLIGHT} in flight`,
      value: carriedPerSecond,
      unit: 'orders/s',
      target: { atLeast: 500 },
    },
  ];
}

async function measureBridge({ runs, say }: BenchRun): Promise<Measurements> {
  say('the bridge');
  const { eventsPerSecond } = await medians(runs, async () => {
    const figures = await benchBridge();
    say(`  ${Math.round(figures.eventsPerSecond)} events/s`);
    return figures;
  });
  return [
    { name: 'bridge, event store to Kafka', value: eventsPerSecond, unit: 'events/s', target: { atLeast: 5_000 } },
  ];
}

/**
 * Every service as a process of its own, with one broker of Kafka, Redis, and the emulators of EventStoreDB and MongoDB on
 * the same machine: what the protocols and the services cost, not what those two servers can do.
 */
export const clusterSuite: Suite = async (run) => {
  const quiet = (): void => undefined;
  const system = await SystemUnderTest.begin({ seed: 1, brokers: 1, scale: ONE_OF_EACH, say: quiet });
  try {
    const tokens = await issueTokens(system.cluster.identity);
    const ready: Ready = { urls: urlsOf(system.cluster), tokens, sample };
    const load = await OrderLoad.open(ready);
    try {
      await load.throughput('commands', WARM_UP_ORDERS);
      await load.latency(RATE, WARM_UP_SINGLY);
      return [...(await measure(run, load)), ...(await measureBridge(run))];
    } finally {
      await load.close();
    }
  } finally {
    await system.end();
  }
};
