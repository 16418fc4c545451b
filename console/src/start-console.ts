import { orderEvents } from '@order-flow/contracts';
import type { ServiceDirectory } from '@order-flow/coordination';
import { type EventLog, LogError } from '@order-flow/event-log';
import {
  type HttpServer,
  type Identity,
  type Logger,
  Metrics,
  probe,
  Readiness,
  type Running,
  startHttpServer,
} from '@order-flow/service-kit';
import { graphqlProxy } from './adapters/graphql-proxy.js';
import { orderRoutes } from './adapters/order-routes.js';
import { pagePolicy, pageRoutes } from './adapters/page-routes.js';
import { topicRoutes } from './adapters/topic-routes.js';
import type { Me } from './shapes.js';
import { defaultWebRoot } from './web-root.js';

export interface ConsoleOptions {
  readonly log: EventLog;
  /** Where the GraphQL gateway is found. */
  readonly directory: ServiceDirectory;
  readonly identity: Identity;
  readonly logger: Logger;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Folder of the built page; default `dist/console` of the project. */
  readonly webRoot?: string;
}

/**
 * Starts the console: the page, the topic browser's and the order timeline's API, and GraphQL on the same origin.
 * Streams that are open end with the stop.
 */
export async function startConsole(options: ConsoleOptions): Promise<Running & { readonly server: HttpServer }> {
  const { log, directory, logger } = options;
  const readiness = new Readiness();
  const stopping = new AbortController();
  const server = await startHttpServer({
    ...options,
    service: 'console',
    metrics: new Metrics('console'),
    readiness,
    contentSecurityPolicy: pagePolicy,
    routes: async (app) => {
      app.get('/api/me', ({ caller: { subject, role } }): Me => ({ subject, role }));
      topicRoutes(app, log, stopping.signal);
      orderRoutes(app, log, stopping.signal);
      graphqlProxy(app, directory, stopping.signal);
      await pageRoutes(app, options.webRoot ?? defaultWebRoot());
    },
  });
  const { signal } = stopping;
  const probing = probe('event log', () => answerOf(log), { signal, readiness, logger });
  const stop = async (): Promise<void> => {
    stopping.abort();
    await server.stop();
    await probing;
  };
  return { server, stop };
}

/** A log without topics yet answers too, and can be browsed. @throws LogError */
async function answerOf({ admin }: EventLog): Promise<void> {
  try {
    await admin.partitions(orderEvents.name);
  } catch (error) {
    if (!(error instanceof LogError) || error.code !== 'UNKNOWN_TOPIC') throw error;
  }
}
