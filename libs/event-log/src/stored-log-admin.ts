import { type Cleaner } from './cleaning/cleaner.js';
import { deleteBelow } from './cleaning/deletion.js';
import { groupNames, readOffsets, writeOffsets } from './groups/committed-offsets.js';
import { readMembership } from './groups/membership.js';
import { type ConsumedOffsets, type GroupName, LogError, type LogAdmin, type Offset, type TopicName } from './port.js';
import { offsetForTime } from './records/offset-for-time.js';
import { readState } from './records/partition-state.js';
import type { LogStorage } from './storage/log-storage.js';
import type { Topics } from './topics.js';

async function deleteRecords(storage: LogStorage, topics: Topics, before: readonly Offset[]): Promise<void> {
  for (const offset of before) {
    const { end } = readState(storage, topics.partition(offset));
    if (offset.offset >= 0 && offset.offset <= end) continue;
    const message = `${offset.topic}-${offset.partition} ends at ${end}; nothing below ${offset.offset} to delete`;
    throw new LogError('OFFSET_OUT_OF_RANGE', message);
  }
  for (const offset of before) await deleteBelow(storage, topics.partition(offset), offset.offset);
}

/** The administration of a log upon a storage. */
export function storedLogAdmin(storage: LogStorage, topics: Topics, cleaner: Cleaner): LogAdmin {
  const partitionsOf = (topic: TopicName) =>
    topics.get(topic).partitionNames.map((name, partition) => ({ name, partition }));
  return {
    ensureTopics: (wanted, defaults) => topics.ensure(wanted, defaults.partitions),
    topics: async () => topics.all(),
    partitions: async (topic) =>
      partitionsOf(topic).map(({ name, partition }) => {
        const { begin, end, bytes } = readState(storage, name);
        return { partition, begin, end, bytes };
      }),
    offsetsForTime: async (topic, timestamp) =>
      partitionsOf(topic).map(({ partition }) => ({
        topic,
        partition,
        offset: offsetForTime(storage, { topic, partition }, timestamp),
      })),
    groups: async () => groupNames(storage),
    group: async (group: GroupName) => ({
      group,
      members: readMembership(storage, group).members.map(({ id, slices }) => ({ id, slices })),
      offsets: readOffsets(storage, group),
    }),
    committed: async (group) => readOffsets(storage, group),
    async commitOffsets(consumed: ConsumedOffsets) {
      for (const offset of consumed.offsets) topics.partition(offset);
      await storage.transaction(() => writeOffsets(storage, consumed));
    },
    deleteRecords: (before) => deleteRecords(storage, topics, before),
    clean: () => cleaner.clean(),
  };
}
