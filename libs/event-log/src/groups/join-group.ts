import {
  type Demand,
  type GroupName,
  LogError,
  type LogWriter,
  type Offset,
  type OwnershipEpoch,
  type TopicName,
} from '../port.js';
import { readLog } from '../log-reader.js';
import type { LogStorage } from '../storage/log-storage.js';
import type { Topics } from '../topics.js';
import { TransactionalWriter } from '../transactional-writer.js';
import { readingUntil } from './reading-until.js';
import { GroupMember, type SessionTimes, type Tenure } from './group-member.js';

function sliceCountOf(topics: Topics, names: readonly TopicName[]): number {
  const counts = names.map((name) => ({ name, count: topics.get(name).partitionCount }));
  const [first] = counts;
  if (!first) throw new LogError('NOT_COPARTITIONED', 'a group needs at least one topic');
  const other = counts.find(({ count }) => count !== first.count);
  if (!other) return first.count;
  const message = `${first.name} has ${first.count} partitions and ${other.name} has ${other.count}`;
  throw new LogError('NOT_COPARTITIONED', message);
}

/** What a member has from the log. */
interface Reach {
  readonly storage: LogStorage;
  readonly topics: Topics;
  readonly names: readonly TopicName[];
  /** Told of a departure under way. */
  readonly onLeaving: (leaving: Promise<void>) => void;
}

/** What an owner asks for. */
interface Wanted {
  readonly from: readonly Offset[];
  readonly until: AbortSignal | undefined;
  readonly demand: Demand | undefined;
  readonly writer: LogWriter | undefined;
}

function readOwned({ storage, topics, names }: Reach, tenure: Tenure, { from, until, demand, writer }: Wanted) {
  const signal = readingUntil(names, tenure, from, until);
  const ahead = writer instanceof TransactionalWriter ? writer.readsAhead() : undefined;
  return readLog(storage, topics, from, { follow: true, signal, demand, ahead });
}

/**
 * Joins a group and hands out one epoch after the other. Membership only says who works on what; that a member which lost
 * a slice writes nothing more is for the transactional ids to ensure.
 * @throws LogError NOT_COPARTITIONED, UNKNOWN_TOPIC
 */
export async function* joinGroup(
  reach: Reach,
  group: GroupName,
  times: SessionTimes,
  signal: AbortSignal,
): AsyncGenerator<OwnershipEpoch, void, undefined> {
  const count = sliceCountOf(reach.topics, reach.names);
  if (signal.aborted) return;
  const member = new GroupMember(reach.storage, group, count, times);
  // A member whose owner does not pull any more leaves all the same.
  const leave = (): void => reach.onLeaving(member.leave());
  signal.addEventListener('abort', leave, { once: true });
  try {
    for (let tenure = await member.nextTenure(signal); tenure; tenure = await member.nextTenure(signal)) {
      const owned = tenure;
      const read: OwnershipEpoch['read'] = (from, until, demand, writer) =>
        readOwned(reach, owned, { from, until, demand, writer });
      yield { slices: owned.slices, signal: owned.signal, read, confirm: () => member.confirm(owned) };
    }
  } finally {
    signal.removeEventListener('abort', leave);
    await member.leave();
  }
}
