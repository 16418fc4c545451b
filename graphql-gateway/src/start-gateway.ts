import { type ServiceDirectory, TokenBuckets } from '@order-flow/coordination';
import {
  type HttpApp,
  type HttpServer,
  Metrics,
  probe,
  Readiness,
  type Running,
  startHttpServer,
} from '@order-flow/service-kit';
import type { CustomerView, OrderView, ProductView, ReadModelDocument } from '@order-flow/contracts';
import { CommandClient } from './commands/command-client.js';
import { allowOrigins } from './http/cors.js';
import { graphqlEndpoint } from './http/graphql-endpoint.js';
import { limitRates, type RateLimit } from './http/rate-limit.js';
import { restRoutes } from './http/rest-routes.js';
import { websocketEndpoint } from './http/websocket.js';
import { createGraphqlServer } from './http/yoga.js';
import { LiveModel } from './live/live-model.js';
import { CallerQuota } from './live/caller-quota.js';
import type { GatewayOptions } from './options.js';
import { ReadModel } from './read/read-model.js';
import type { Gateway } from './schema/context.js';

const MODELS = ['orders', 'products', 'customers'] as const;

const perCaller = ({ subscriptionsPerCaller = 500 }: GatewayOptions): number => subscriptionsPerCaller;

function assemble(options: GatewayOptions, metrics: Metrics): Gateway {
  const { readStore, signals, logger, directory, collectionFor = async (model: string) => model } = options;
  const quota = new CallerQuota(perCaller(options));
  const live = <T extends ReadModelDocument>(name: (typeof MODELS)[number]): LiveModel<T> =>
    new LiveModel(new ReadModel<T>(readStore, collectionFor, name), signals, logger, options.recheckMs ?? 3_000, quota);
  const gateway: Gateway = {
    orders: live<OrderView>('orders'),
    products: live<ProductView>('products'),
    customers: live<CustomerView>('customers'),
    commands: new CommandClient({
      directory,
      logger,
      metrics,
      timeoutMs: options.commandTimeoutMs,
      halfOpenAfterMs: options.circuitHalfOpenMs,
    }),
    directory,
    readYourWritesMs: options.readYourWritesMs ?? 5_000,
  };
  metrics.observed('gateway_live_streams', 'Subscriptions and waiting reads open now', ['model'], (gauge) => {
    for (const model of MODELS) gauge.set({ model }, gateway[model].active);
  });
  return gateway;
}

/** Ready while the registry names an instance that can take commands. */
function followDirectory(directory: ServiceDirectory, readiness: Readiness): () => void {
  const check = (): void => {
    if (directory.instances('command-service').length > 0) readiness.up('command-service');
    else readiness.down('command-service', 'no instance is registered');
  };
  check();
  return directory.watch(check);
}

const stopLive = (gateway: Gateway): Promise<unknown> => Promise.all(MODELS.map((model) => gateway[model].stop()));

function serve(app: HttpApp, options: GatewayOptions, gateway: Gateway, metrics: Metrics): void {
  const { logger, identity } = options;
  const server = createGraphqlServer(logger, metrics);
  const limit: RateLimit = { rates: options.rates ?? new TokenBuckets(), perMinute: options.rateLimitPerMinute ?? 600 };
  app.addHook('preClose', async () => {
    await stopLive(gateway);
  });
  limitRates(app, limit);
  allowOrigins(app, options.corsOrigins ?? []);
  graphqlEndpoint(app, { gateway, server, identity, limit, sku: options.sample?.sku ?? 'SKU' });
  const quota = new CallerQuota(perCaller(options));
  websocketEndpoint(app, { gateway, server, identity, limit, quota, logger });
  restRoutes(app, gateway);
}

/**
 * Starts the gateway: GraphQL over HTTP, SSE and WebSocket, GraphiQL, and orders over REST. A stop ends the subscriptions,
 * then answers the requests under way.
 * @throws Error with code EADDRINUSE
 */
export async function startGateway(options: GatewayOptions): Promise<Running & { readonly server: HttpServer }> {
  const metrics = new Metrics('graphql-gateway');
  const readiness = new Readiness();
  const gateway = assemble(options, metrics);
  const unwatch = followDirectory(options.directory, readiness);
  const stopping = new AbortController();
  const { host, port, identity, logger } = options;
  const { signal } = stopping;
  const probing = probe('read store', () => options.readStore.ping(), { signal, readiness, logger });
  const release = async (): Promise<void> => {
    stopping.abort();
    await probing;
    unwatch();
    await stopLive(gateway);
    await gateway.commands.stop();
  };
  try {
    const server = await startHttpServer({
      service: 'graphql-gateway',
      ...{ host, port, identity, logger, metrics, readiness },
      routes: (app) => serve(app, options, gateway, metrics),
    });
    return { server, stop: () => server.stop().then(release) };
  } catch (error) {
    await release();
    throw error;
  }
}
