import { runService } from '@order-flow/composition';
import { startCommandService } from './start-command-service.js';

await runService(
  'command-service',
  ['EVENT_STORE_URL', 'KAFKA_BROKERS', 'REDIS_URL'],
  async ({ settings, parts, http }) => {
    const store = await parts.eventStore();
    const log = await parts.eventLog();
    const { leases } = await parts.coordination();
    return startCommandService({ ...http, port: settings.COMMAND_SERVICE_PORT, store, log, leases });
  },
);
