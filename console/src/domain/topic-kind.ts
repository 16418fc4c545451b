import type { TopicKind } from '../shapes.js';

const KINDS: readonly (readonly [suffix: string, kind: TopicKind])[] = [
  ['.events', 'events'],
  ['.commands', 'commands'],
  ['.dlq', 'dead-letters'],
];

/** What a topic is for, by its name; what follows no naming rule is internal. */
export const topicKind = (name: string): TopicKind =>
  KINDS.find(([suffix]) => name.endsWith(suffix))?.[1] ?? 'internal';
