import { runService } from '@order-flow/composition';
import { startRegistry } from './start-registry.js';

await runService('registry', ['REDIS_URL'], async ({ settings, parts, http }) => {
  const { directory } = await parts.coordination();
  return startRegistry({ ...http, port: settings.REGISTRY_PORT, directory });
});
