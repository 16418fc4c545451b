import { runService } from '@order-flow/composition';
import { readModelResolver } from '@order-flow/read-store';
import { needs } from './needs.js';
import { startGateway } from './start-gateway.js';

await runService('graphql-gateway', needs, async ({ settings, parts, http }) => {
  const readStore = await parts.readStore();
  const { directory, signals, rates } = await parts.coordination();
  return startGateway({
    ...http,
    port: settings.GATEWAY_PORT,
    readStore,
    signals,
    directory,
    rates,
    collectionFor: readModelResolver(readStore),
    corsOrigins: settings.CORS_ORIGINS.split(',').filter((origin) => origin !== ''),
    rateLimitPerMinute: settings.RATE_LIMIT_PER_MINUTE,
    subscriptionsPerCaller: settings.SUBSCRIPTIONS_PER_CALLER,
  });
});
