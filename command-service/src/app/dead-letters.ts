import type { TopicSettings } from '@order-flow/contracts';

/** The consumer group of `order.commands`. */
export const COMMAND_GROUP = 'command-service';

/**
 * Where records of `order.commands` go that are no commands, commands to orders whose streams cannot be read, and events
 * that are too large for the bridge. What a letter has to leave out for its size is lost when the topic is trimmed: no
 * command of ours comes near 1 MiB, and nobody runs these again.
 */
export const commandDeadLetters: TopicSettings = {
  name: `${COMMAND_GROUP}.dlq`,
  key: 'key of the failed record',
  cleanup: 'delete',
  retentionMs: -1,
};
