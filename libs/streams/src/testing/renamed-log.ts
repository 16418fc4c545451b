import type { TopicSettings } from '@order-flow/contracts';
import type {
  ConsumedOffsets,
  Demand,
  EventLog,
  LogAdmin,
  LogWriter,
  NewRecord,
  Offset,
  OwnershipEpoch,
  RecordBatch,
} from '@order-flow/event-log';

/** A log whose commits become visible a little later than they resolve, as Kafka's do, and which can be waited for. */
export interface SettlingLog extends EventLog {
  /** Resolves when no transaction is open or on its way in the topic. */
  readonly settled?: (topic: string) => Promise<void>;
}

export const settled = async (log: SettlingLog, topic: string): Promise<void> => log.settled?.(topic);

/** A part of a shared log that looks like a log of its own: all names of topics, groups and writers are prefixed. */
export function renamedLog(log: SettlingLog, prefix: string): SettlingLog {
  const into = <At extends { readonly topic: string }>(at: At): At => ({ ...at, topic: `${prefix}${at.topic}` });
  const back = <At extends { readonly topic: string }>(at: At): At => ({ ...at, topic: at.topic.slice(prefix.length) });
  const consumedInto = ({ group, offsets }: ConsumedOffsets): ConsumedOffsets => ({
    group: `${prefix}${group}`,
    offsets: offsets.map(into),
  });
  const batchBack = (batch: RecordBatch): RecordBatch => ({ ...back(batch), records: batch.records.map(back) });
  async function* batchesBack(batches: AsyncIterable<RecordBatch>): AsyncGenerator<RecordBatch, void, undefined> {
    for await (const batch of batches) yield batchBack(batch);
  }
  const writerOf = (writer: LogWriter): LogWriter => ({
    async commit({ records, consumed }) {
      const renamed: readonly NewRecord[] = records.map(into);
      const committed = await writer.commit({
        records: renamed,
        ...(consumed ? { consumed: consumedInto(consumed) } : {}),
      });
      return { offsets: committed.offsets.map(back) };
    },
    close: () => writer.close(),
  });
  const demandBack = (demand: Demand): Demand => ({
    wants: (topic) => demand.wants(topic.slice(prefix.length)),
    lacks: (topic) => demand.lacks(topic.slice(prefix.length)),
    watch: (listener) => demand.watch(listener),
  });
  const epochOf = (epoch: OwnershipEpoch): OwnershipEpoch => ({
    slices: epoch.slices,
    signal: epoch.signal,
    confirm: () => epoch.confirm(),
    read: (from, signal, demand) => batchesBack(epoch.read(from.map(into), signal, demand && demandBack(demand))),
  });
  const admin: LogAdmin = {
    ensureTopics: (topics, defaults) =>
      log.admin.ensureTopics(
        topics.map((topic): TopicSettings => ({ ...topic, name: `${prefix}${topic.name}` })),
        defaults,
      ),
    topics: async () =>
      (await log.admin.topics())
        .filter(({ name }) => name.startsWith(prefix))
        .map((topic) => ({ ...topic, name: topic.name.slice(prefix.length) })),
    partitions: (topic) => log.admin.partitions(`${prefix}${topic}`),
    offsetsForTime: async (topic, timestamp) =>
      (await log.admin.offsetsForTime(`${prefix}${topic}`, timestamp)).map(back),
    groups: async () => {
      const groups = await log.admin.groups();
      return groups.filter((group) => group.startsWith(prefix)).map((group) => group.slice(prefix.length));
    },
    async group(group) {
      const info = await log.admin.group(`${prefix}${group}`);
      return { ...info, group, offsets: info.offsets.map(back) };
    },
    committed: async (group) => (await log.admin.committed(`${prefix}${group}`)).map(back),
    commitOffsets: (consumed) => log.admin.commitOffsets(consumedInto(consumed)),
    deleteRecords: (before: readonly Offset[]) => log.admin.deleteRecords(before.map(into)),
    clean: () => log.admin.clean(),
  };
  return {
    admin,
    settled: (topic) => settled(log, `${prefix}${topic}`),
    identity: () => log.identity(),
    close: () => log.close(),
    openWriter: async (id) => writerOf(await log.openWriter(`${prefix}${id}`)),
    read: (from, options) => batchesBack(log.read(from.map(into), options)),
    async *join(group, topics, signal) {
      const names = topics.map((topic) => `${prefix}${topic}`);
      for await (const epoch of log.join(`${prefix}${group}`, names, signal)) yield epochOf(epoch);
    },
  };
}
