import { runService } from '@order-flow/composition';
import { needs } from './needs.js';
import { startProcessors } from './start-processors.js';

await runService('processors', needs, async ({ settings, parts, http }) =>
  startProcessors({
    ...http,
    port: settings.PROCESSORS_PORT,
    log: await parts.eventLog(),
    state: parts.streamState(),
    stepDeadlineMs: settings.SAGA_STEP_DEADLINE_MS,
    commitIntervalMs: settings.COMMIT_INTERVAL_MS,
  }),
);
