import { runService } from '@order-flow/composition';
import { startConsole } from './start-console.js';

await runService('console', ['KAFKA_BROKERS', 'REDIS_URL'], async ({ settings, parts, http }) => {
  const log = await parts.eventLog();
  const { directory } = await parts.coordination();
  return startConsole({ ...http, port: settings.CONSOLE_PORT, log, directory });
});
