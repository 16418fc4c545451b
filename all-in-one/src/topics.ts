import { join } from 'node:path';
import { bridgeCheckpoint, eventTopics, type TopicSettings } from '@order-flow/contracts';
import { commandDeadLetters } from '@order-flow/command-service';
import { type EventLog, openEventLog } from '@order-flow/event-log';
import { orderFlowTopologies } from '@order-flow/processors';
import { projectionDeadLetters } from '@order-flow/projections';
import type { Settings } from '@order-flow/service-kit';

/** Every topic of the system. */
export const allTopics = (stepDeadlineMs: number): readonly TopicSettings[] => [
  ...eventTopics,
  bridgeCheckpoint,
  commandDeadLetters,
  projectionDeadLetters,
  ...orderFlowTopologies(stepDeadlineMs).flatMap(({ internalTopics }) => internalTopics),
];

/**
 * Creates the topics of the system on the log that the settings name.
 * @returns how many were missing, and how many were not
 * @throws LogError TOPIC_MISMATCH
 */
export async function createTopics(
  settings: Settings,
): Promise<{ readonly created: number; readonly present: number }> {
  const { PARTITIONS, SAGA_STEP_DEADLINE_MS } = settings;
  const log = await openEventLog(settings, join(settings.DATA_DIR, 'event-log'));
  try {
    const before = new Set((await log.admin.topics()).map(({ name }) => name));
    await ensureAllTopics(log, PARTITIONS, SAGA_STEP_DEADLINE_MS);
    const all = allTopics(SAGA_STEP_DEADLINE_MS);
    const present = all.filter(({ name }) => before.has(name)).length;
    return { created: all.length - present, present };
  } finally {
    await log.close();
  }
}

/** Creates the topics that are missing and checks the rest. @throws LogError TOPIC_MISMATCH */
export const ensureAllTopics = (log: EventLog, partitions: number, stepDeadlineMs: number): Promise<void> =>
  log.admin.ensureTopics(allTopics(stepDeadlineMs), { partitions });
