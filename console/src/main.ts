import { runService } from '@order-flow/composition';
import { needs } from './needs.js';
import { startConsole } from './start-console.js';

await runService('console', needs, async ({ settings, parts, http }) => {
  const log = await parts.eventLog();
  const { directory } = await parts.coordination();
  return startConsole({ ...http, port: settings.CONSOLE_PORT, log, directory });
});
