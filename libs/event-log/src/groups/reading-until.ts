import { LogError, type Offset, type OwnershipEpoch, type TopicName } from '../port.js';

/**
 * How long an owner may read: to the end of its tenure, or earlier by `signal`.
 * @throws LogError UNKNOWN_TOPIC when it would read what it does not own
 */
export function readingUntil(
  topics: readonly TopicName[],
  tenure: Pick<OwnershipEpoch, 'slices' | 'signal'>,
  from: readonly Offset[],
  signal?: AbortSignal,
): AbortSignal {
  const strange = from.find(({ topic, partition }) => !topics.includes(topic) || !tenure.slices.includes(partition));
  if (strange) {
    throw new LogError('UNKNOWN_TOPIC', `${strange.topic}-${strange.partition} is not owned in this epoch`);
  }
  return signal ? AbortSignal.any([tenure.signal, signal]) : tenure.signal;
}
