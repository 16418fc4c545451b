import type { ConsumedOffsets, GroupName, Offset } from '../port.js';
import { partitionName } from '../records/partition-state.js';
import type { LogStorage } from '../storage/log-storage.js';

const GROUPS = 'groups';

const tableOf = (group: GroupName): string => `offsets:${group}`;

/** Remembers that a group exists. Only inside a transaction. */
export function registerGroup(storage: LogStorage, group: GroupName): void {
  if (!storage.get(GROUPS, group)) storage.put(GROUPS, group, Buffer.of(1));
}

export function groupNames(storage: LogStorage): readonly GroupName[] {
  const names: GroupName[] = [];
  storage.scan(GROUPS, {}, (at) => names.push(String(at)) > 0);
  return names;
}

/** Only inside a transaction. */
export function writeOffsets(storage: LogStorage, { group, offsets }: ConsumedOffsets): void {
  registerGroup(storage, group);
  for (const { topic, partition, offset } of offsets) {
    const value = Buffer.allocUnsafe(8);
    value.writeDoubleLE(offset);
    storage.put(tableOf(group), partitionName(topic, partition), value);
  }
}

export function readOffsets(storage: LogStorage, group: GroupName): readonly Offset[] {
  const offsets: Offset[] = [];
  storage.scan(tableOf(group), {}, (at, value) => {
    const name = String(at);
    const slash = name.lastIndexOf('/');
    const partition = Number(name.slice(slash + 1));
    return offsets.push({ topic: name.slice(0, slash), partition, offset: value.readDoubleLE() }) > 0;
  });
  return offsets;
}
