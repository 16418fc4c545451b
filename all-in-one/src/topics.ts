import { bridgeCheckpoint, eventTopics, type TopicSettings } from '@order-flow/contracts';
import { commandDeadLetters } from '@order-flow/command-service';
import type { EventLog } from '@order-flow/event-log';
import { orderFlowTopologies } from '@order-flow/processors';
import { projectionDeadLetters } from '@order-flow/projections';

/** Every topic of the system. */
export const allTopics = (stepDeadlineMs: number): readonly TopicSettings[] => [
  ...eventTopics,
  bridgeCheckpoint,
  commandDeadLetters,
  projectionDeadLetters,
  ...orderFlowTopologies(stepDeadlineMs).flatMap(({ internalTopics }) => internalTopics),
];

/** Creates the topics that are missing and checks the rest. @throws LogError TOPIC_MISMATCH */
export const ensureAllTopics = (log: EventLog, partitions: number, stepDeadlineMs: number): Promise<void> =>
  log.admin.ensureTopics(allTopics(stepDeadlineMs), { partitions });
