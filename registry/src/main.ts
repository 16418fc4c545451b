import { runService } from '@order-flow/composition';
import { needs } from './needs.js';
import { startRegistry } from './start-registry.js';

await runService('registry', needs, async ({ settings, parts, http }) => {
  const { directory } = await parts.coordination();
  return startRegistry({ ...http, port: settings.REGISTRY_PORT, directory });
});
