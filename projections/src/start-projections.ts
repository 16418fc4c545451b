import type { SignalBus } from '@order-flow/coordination';
import type { EventLog } from '@order-flow/event-log';
import type { ReadStore } from '@order-flow/read-store';
import {
  FOR_STAFF,
  type HttpServer,
  type Identity,
  Lifecycle,
  type Logger,
  Metrics,
  probe,
  Readiness,
  type Running,
  startHttpServer,
} from '@order-flow/service-kit';
import { followAlias } from './app/follow-alias.js';
import { removeOrphansUnlessRebuilt } from './app/orphans.js';
import { allProjections } from './domain/index.js';

export interface ProjectionsOptions {
  readonly log: EventLog;
  readonly readStore: ReadStore;
  readonly signals: SignalBus;
  readonly identity: Identity;
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
}

/** Starts the projection runners and their HTTP server (health, metrics, `/projections`). */
export async function startProjections(
  options: ProjectionsOptions,
): Promise<Running & { readonly server: HttpServer }> {
  const { log, readStore, signals, logger } = options;
  const metrics = new Metrics('projections');
  const readiness = new Readiness();
  const lifecycle = new Lifecycle(logger);
  const folded = metrics.counter('projection_events_total', 'Events folded', ['collection']);
  const following = allProjections.map((projection) => {
    readiness.down(projection.name, 'starting');
    const controller = new AbortController();
    const run = followAlias(
      {
        projection,
        log,
        readStore,
        logger,
        readiness,
        changed: (changes) => signals.publish(projection.name, changes),
        folded: (collection, events) => folded.inc({ collection }, events),
      },
      controller.signal,
    );
    readiness.up(projection.name);
    lifecycle.background(projection.name, async (signal) => {
      signal.addEventListener('abort', () => controller.abort());
      await run.done;
    });
    lifecycle.background(`remains of rebuilds of ${projection.name}`, (signal) =>
      removeOrphansUnlessRebuilt(options, projection.name, signal),
    );
    return run;
  });
  const [{ name: anyTopic } = { name: '' }] = allProjections.flatMap(({ sources }) => sources);
  lifecycle.background('event log', (signal) =>
    probe('event log', () => log.admin.partitions(anyTopic), { signal, readiness, logger }),
  );
  lifecycle.background('read store', (signal) =>
    probe('read store', () => readStore.ping(), { signal, readiness, logger }),
  );
  const statuses = async () => (await Promise.all(following.map((run) => run.statuses()))).flat();
  metrics.observed('projection_lag_records', 'Records not folded yet', ['collection'], async (gauge) => {
    for (const { collection, lag } of await statuses()) gauge.set({ collection }, lag);
  });
  metrics.observed(
    'projection_lag_seconds',
    'Age of the newest folded event while behind',
    ['collection'],
    async (gauge) => {
      for (const { collection, lagSeconds } of await statuses()) gauge.set({ collection }, lagSeconds);
    },
  );
  const server = await lifecycle.start('http server', () =>
    startHttpServer({
      ...options,
      service: 'projections',
      metrics,
      readiness,
      routes: (app) => {
        app.get('/projections', FOR_STAFF, () => statuses());
      },
    }),
  );
  return {
    server,
    stop: () => lifecycle.stop(),
  };
}
