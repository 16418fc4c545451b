import { bridgeCheckpoint } from '@order-flow/contracts';
import type { Leases } from '@order-flow/coordination';
import type { EventLog } from '@order-flow/event-log';
import type { EventStore } from '@order-flow/event-store';
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
  type Supervised,
} from '@order-flow/service-kit';
import { serveApi } from './adapters/api.js';
import { rememberedOrders } from './app/aggregates.js';
import { bridgeMetrics } from './app/bridge.js';
import { runUnderLease } from './app/bridge-lease.js';
import { Directory, directoryMetrics } from './app/directory.js';
import { sagaCommandMetrics } from './app/command-slice.js';
import { runSagaCommands } from './app/saga-commands.js';

export interface CommandServiceOptions {
  readonly store: EventStore;
  readonly log: EventLog;
  /** Chooses which instance carries events to the log. */
  readonly leases: Leases;
  readonly identity: Identity;
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
}

/** Starts the write side: HTTP commands, the saga's commands, the bridge to the log. Its topics must exist. */
export async function startCommandService(
  options: CommandServiceOptions,
): Promise<Running & { readonly server: HttpServer }> {
  const { store, log, leases, logger } = options;
  const metrics = new Metrics('command-service');
  const readiness = new Readiness();
  const lifecycle = new Lifecycle(logger);
  const directory = new Directory(store, { logger, metrics: directoryMetrics(metrics) });
  const orders = rememberedOrders();
  const ofBridge = bridgeMetrics(metrics);
  const ofSaga = sagaCommandMetrics(metrics);
  const keepRunning = (name: string, run: Supervised) =>
    lifecycle.background(name, (signal) => supervise(name, run, { signal, logger, readiness }));
  const bridge = { store, log, logger, metrics: ofBridge };
  keepRunning('bridge', (signal, ready) => runUnderLease(leases, bridge, signal, ready));
  keepRunning('directory', (signal, ready) => directory.follow(signal, ready));
  keepRunning('saga-commands', (signal, ready, waiting) =>
    runSagaCommands({ store, orders, log, logger, metrics: ofSaga }, signal, ready, waiting),
  );
  lifecycle.background('event store', (signal) =>
    probe('event store', () => store.ping(), { signal, readiness, logger }),
  );
  lifecycle.background('event log', (signal) =>
    probe('event log', () => log.admin.partitions(bridgeCheckpoint.name), { signal, readiness, logger }),
  );
  const server = await lifecycle.start('http server', () =>
    startHttpServer({
      ...options,
      service: 'command-service',
      metrics,
      readiness,
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", "'unsafe-inline'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
      },
      routes: (app) => serveApi(app, { store, directory, orders }),
    }),
  );
  return {
    server,
    stop: () => lifecycle.stop(),
  };
}
