import { orderEvents } from '@order-flow/contracts';
import type { EventLog } from '@order-flow/event-log';
import {
  type HttpServer,
  type Identity,
  Lifecycle,
  type Logger,
  Metrics,
  probe,
  Readiness,
  type Running,
  startHttpServer,
  supervise,
} from '@order-flow/service-kit';
import { type RunningTopology, runTopology, type StateBackend, type Topology } from '@order-flow/streams';
import { observe, topologyMetrics } from './adapters/observe.js';
import { topologyRoutes } from './adapters/routes.js';
import { inventory } from './topologies/inventory.js';
import { orderSaga } from './topologies/order-saga.js';
import { payment } from './topologies/payment.js';

export interface ProcessorsOptions {
  readonly log: EventLog;
  readonly state: StateBackend;
  readonly identity: Identity;
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
  /** Milliseconds each step of the saga may take. */
  readonly stepDeadlineMs: number;
  /** Milliseconds; a commit comes at the latest after this much processing. */
  readonly commitIntervalMs: number;
}

/** Every topology of the order flow. */
export const orderFlowTopologies = (stepDeadlineMs: number): readonly Topology[] => [
  inventory,
  payment,
  orderSaga(stepDeadlineMs),
];

/** Starts the topologies and their HTTP server (health, metrics, topology view, state store queries). */
export async function startProcessors(options: ProcessorsOptions): Promise<Running & { readonly server: HttpServer }> {
  const { log, state, logger } = options;
  const metrics = new Metrics('processors');
  const readiness = new Readiness();
  const lifecycle = new Lifecycle(logger);
  const running = new Map<string, RunningTopology>();
  const gauges = topologyMetrics(metrics, running);
  for (const topology of orderFlowTopologies(options.stepDeadlineMs)) {
    const observer = observe(topology.name, gauges, readiness, logger);
    const settings = { topology, log, state, observer, options: { commitIntervalMs: options.commitIntervalMs } };
    const join = (signal: AbortSignal): Promise<void> => {
      const run = runTopology({ ...settings, signal });
      running.set(topology.name, run);
      return run.done;
    };
    // Ready with its first slice; a group that cannot be joined is tried again.
    lifecycle.background(topology.name, (signal) => supervise(topology.name, join, { signal, logger, readiness }));
  }
  // Slices that have nothing to do wait for a log that is away as they wait for records.
  lifecycle.background('event log', (signal) =>
    probe('event log', () => log.admin.partitions(orderEvents.name), { signal, readiness, logger }),
  );
  const server = await lifecycle.start('http server', () =>
    startHttpServer({
      ...options,
      service: 'processors',
      metrics,
      readiness,
      routes: (app) => topologyRoutes(app, running, log),
    }),
  );
  return {
    server,
    stop: () => lifecycle.stop(),
  };
}
