import { runService } from '@order-flow/composition';
import { refuseForeignCheckpoints } from './app/checkpoints.js';
import { needs } from './needs.js';
import { startProjections } from './start-projections.js';

await runService('projections', needs, async ({ settings, parts, http }) => {
  const log = await parts.eventLog();
  const readStore = await parts.readStore();
  const { signals } = await parts.coordination();
  await refuseForeignCheckpoints(readStore, log);
  return startProjections({ ...http, port: settings.PROJECTIONS_PORT, log, readStore, signals });
});
