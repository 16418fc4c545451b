import {
  type Demand,
  type GroupName,
  LogError,
  type Offset,
  type OwnershipEpoch,
  type RecordBatch,
  type TopicName,
} from '../../port.js';
import { KafkaConnection } from '../connection.js';
import { readingUntil } from '../../groups/reading-until.js';
import { readKafka } from '../reading/read-kafka.js';
import type { ResolvedKafkaSettings } from '../settings.js';
import { KafkaMember, type Membership } from './kafka-member.js';
import type { Tenure } from './tenures.js';

/** @throws LogError UNKNOWN_TOPIC, NOT_COPARTITIONED, LOG_UNAVAILABLE */
async function sliceCountOf(
  settings: ResolvedKafkaSettings,
  topics: readonly TopicName[],
  signal: AbortSignal,
): Promise<number> {
  const [first] = topics;
  if (first === undefined) throw new LogError('NOT_COPARTITIONED', 'a group needs at least one topic');
  const connection = new KafkaConnection(settings);
  try {
    await connection.open(topics, signal);
    const count = connection.partitionCount(first);
    const other = topics.find((name) => connection.partitionCount(name) !== count);
    if (other === undefined) return count;
    const message = `${first} has ${count} partitions and ${other} has ${connection.partitionCount(other)}`;
    throw new LogError('NOT_COPARTITIONED', message);
  } finally {
    await connection.close();
  }
}

/** What an owner asks for. */
interface Wanted {
  readonly from: readonly Offset[];
  readonly until: AbortSignal | undefined;
  readonly demand: Demand | undefined;
}

function readOwned(
  settings: ResolvedKafkaSettings,
  { topics }: Membership,
  tenure: Tenure,
  { from, until, demand }: Wanted,
): AsyncIterable<RecordBatch> {
  const signal = readingUntil(topics, tenure, from, until);
  return readKafka(settings, from, { follow: true, signal, demand });
}

/** Who is told of members that come and go, and of departures under way. */
export interface MemberObserver {
  joined(group: GroupName, member: KafkaMember): void;
  left(group: GroupName, member: KafkaMember): void;
  onLeaving(leaving: Promise<void>): void;
}

/**
 * Joins a group and hands out one epoch after the other.
 * @throws LogError NOT_COPARTITIONED, UNKNOWN_TOPIC, LOG_UNAVAILABLE at the start, LOG_REFUSED
 */
export async function* joinKafkaGroup(
  settings: ResolvedKafkaSettings,
  request: { readonly group: GroupName; readonly topics: readonly TopicName[] },
  observer: MemberObserver,
  signal: AbortSignal,
): AsyncGenerator<OwnershipEpoch, void, undefined> {
  let sliceCount: number;
  try {
    sliceCount = await sliceCountOf(settings, request.topics, signal);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  if (signal.aborted) return;
  const membership: Membership = { ...request, sliceCount };
  const member = new KafkaMember(settings, membership);
  observer.joined(request.group, member);
  member.start();
  // A member whose owner does not pull any more leaves all the same.
  const leave = (): void => observer.onLeaving(member.leave());
  signal.addEventListener('abort', leave, { once: true });
  const { tenures } = member;
  try {
    for (let tenure = await tenures.next(signal); tenure; tenure = await tenures.next(signal)) {
      const owned = tenure;
      yield {
        slices: owned.slices,
        signal: owned.signal,
        read: (from, until, demand) => readOwned(settings, membership, owned, { from, until, demand }),
        confirm: () => member.confirm(owned.signal),
      };
    }
  } finally {
    signal.removeEventListener('abort', leave);
    observer.left(request.group, member);
    await member.leave();
  }
}
