import type { EventLog } from '@order-flow/event-log';
import {
  type HttpServer,
  type Identity,
  Lifecycle,
  type Logger,
  Metrics,
  Problem,
  Readiness,
  type Running,
  startHttpServer,
} from '@order-flow/service-kit';
import {
  describe,
  describeMermaid,
  type RunningTopology,
  runTopology,
  type StateBackend,
  type Topology,
} from '@order-flow/streams';
import { z } from 'zod';
import { observe, topologyMetrics } from './adapters/observe.js';
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

const QueryPath = z.object({ topology: z.string(), store: z.string(), key: z.string() });

/** Starts the topologies and their HTTP server (health, metrics, topology view, state store queries). */
export async function startProcessors(options: ProcessorsOptions): Promise<Running & { readonly server: HttpServer }> {
  const { log, state, logger } = options;
  const metrics = new Metrics('processors');
  const readiness = new Readiness();
  const gauges = topologyMetrics(metrics);
  const lifecycle = new Lifecycle(logger);
  const running = new Map<string, RunningTopology>();
  for (const topology of orderFlowTopologies(options.stepDeadlineMs)) {
    readiness.down(topology.name, 'joining its group');
    lifecycle.background(topology.name, (signal) => {
      const observer = observe(topology.name, gauges, readiness, logger);
      const run = runTopology({
        topology,
        log,
        state,
        signal,
        observer,
        options: { commitIntervalMs: options.commitIntervalMs },
      });
      running.set(topology.name, run);
      return run.done;
    });
  }
  const server = await lifecycle.start('http server', () =>
    startHttpServer({
      ...options,
      service: 'processors',
      metrics,
      readiness,
      routes: (app) => {
        app.get('/topologies', () =>
          [...running].map(([name, run]) => ({
            name,
            slices: run.slices(),
            inputs: run.topology.inputs,
            description: describe(run.topology),
            mermaid: describeMermaid(run.topology),
          })),
        );
        app.get('/topologies/:topology/stores/:store/:key', (request) => {
          if (request.caller.role === 'customer') throw new Problem(403, 'FORBIDDEN', 'state stores are for operators');
          const { topology, store, key } = QueryPath.parse(request.params);
          const value = running.get(topology)?.query(store, key);
          if (value === undefined) throw new Problem(404, 'NOT_FOUND', `${topology}/${store} has no ${key} here`);
          return { key, value };
        });
      },
    }),
  );
  return {
    server,
    stop: () => lifecycle.stop(),
  };
}
