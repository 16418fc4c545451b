import { runService } from '@order-flow/composition';
import { needs } from './needs.js';
import { startCommandService } from './start-command-service.js';

await runService('command-service', needs, async ({ settings, parts, http }) => {
  const store = await parts.eventStore();
  const log = await parts.eventLog();
  const { leases } = await parts.coordination();
  return startCommandService({ ...http, port: settings.COMMAND_SERVICE_PORT, store, log, leases });
});
