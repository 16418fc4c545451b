import { join } from 'node:path';
import { partsOf, type Serving, startRegistered } from '@order-flow/composition';
import { startCommandService } from '@order-flow/command-service';
import { startConsole } from '@order-flow/console';
import type { EventStore } from '@order-flow/event-store';
import { startGateway } from '@order-flow/graphql-gateway';
import { startProcessors } from '@order-flow/processors';
import { refuseForeignCheckpoints, startProjections } from '@order-flow/projections';
import { readModelResolver } from '@order-flow/read-store';
import { startRegistry } from '@order-flow/registry';
import { type HttpServer, Identity, Lifecycle, type Logger, type Settings } from '@order-flow/service-kit';
import { sample } from './demo-shop.js';
import { ensureAllTopics } from './topics.js';

export interface Platform {
  readonly identity: Identity;
  readonly store: EventStore;
  readonly servers: Readonly<
    Record<'gateway' | 'commands' | 'processors' | 'projections' | 'registry' | 'console', HttpServer>
  >;
  stop(): Promise<void>;
}

/**
 * Starts every service in this process, in the order in which they need each other, and registers each one. What was
 * started is stopped again when a later part fails.
 */
export async function startPlatform(
  dataDir: string,
  settings: Settings,
  portOffset: number,
  logger: Logger,
): Promise<Platform> {
  const lifecycle = new Lifecycle(logger);
  try {
    return await compose(dataDir, settings, portOffset, lifecycle);
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

async function compose(
  dataDir: string,
  settings: Settings,
  portOffset: number,
  lifecycle: Lifecycle,
): Promise<Platform> {
  const { logger } = lifecycle;
  const parts = partsOf(settings, dataDir, lifecycle);
  const store = await parts.eventStore();
  const log = await parts.eventLog();
  const readStore = await parts.readStore();
  const state = parts.streamState();
  const { directory, signals, leases, rates } = await parts.coordination();
  await refuseForeignCheckpoints(readStore, log);
  await ensureAllTopics(log, settings.PARTITIONS, settings.SAGA_STEP_DEADLINE_MS);
  const identity = await Identity.fromDirectory(join(dataDir, 'identity'));
  const collectionFor = readModelResolver(readStore);

  const at = (service: string, port: number) => ({
    identity,
    logger: logger.child({ service }),
    host: settings.BIND_ADDRESS,
    port: port + portOffset,
  });
  const start = <T extends Serving>(service: string, run: () => Promise<T>): Promise<T> =>
    startRegistered(service, run, { lifecycle, directory });

  const registry = await start('registry', () =>
    startRegistry({ ...at('registry', settings.REGISTRY_PORT), directory }),
  );
  const commands = await start('command-service', () =>
    startCommandService({ ...at('command-service', settings.COMMAND_SERVICE_PORT), store, log, leases }),
  );
  const processors = await start('processors', () =>
    startProcessors({
      ...at('processors', settings.PROCESSORS_PORT),
      log,
      state,
      stepDeadlineMs: settings.SAGA_STEP_DEADLINE_MS,
      commitIntervalMs: settings.COMMIT_INTERVAL_MS,
    }),
  );
  const projections = await start('projections', () =>
    startProjections({ ...at('projections', settings.PROJECTIONS_PORT), log, readStore, signals }),
  );
  const gateway = await start('graphql-gateway', () =>
    startGateway({
      ...at('graphql-gateway', settings.GATEWAY_PORT),
      readStore,
      signals,
      directory,
      rates,
      collectionFor,
      sample,
      corsOrigins: settings.CORS_ORIGINS.split(',').filter((origin) => origin !== ''),
      rateLimitPerMinute: settings.RATE_LIMIT_PER_MINUTE,
      subscriptionsPerCaller: settings.SUBSCRIPTIONS_PER_CALLER,
    }),
  );
  const console = await start('console', () =>
    startConsole({ ...at('console', settings.CONSOLE_PORT), log, directory }),
  );

  return {
    identity,
    store,
    servers: {
      gateway: gateway.server,
      commands: commands.server,
      processors: processors.server,
      projections: projections.server,
      registry: registry.server,
      console: console.server,
    },
    stop: () => lifecycle.stop(),
  };
}
