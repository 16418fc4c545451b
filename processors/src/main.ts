import { runService } from '@order-flow/composition';
import { startProcessors } from './start-processors.js';

await runService('processors', ['KAFKA_BROKERS', 'REDIS_URL'], async ({ settings, parts, http }) =>
  startProcessors({
    ...http,
    port: settings.PROCESSORS_PORT,
    log: await parts.eventLog(),
    state: parts.streamState(),
    stepDeadlineMs: settings.SAGA_STEP_DEADLINE_MS,
    commitIntervalMs: settings.COMMIT_INTERVAL_MS,
  }),
);
