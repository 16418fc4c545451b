import type { ConsumedOffsets, GroupInfo, GroupName, Offset } from '../../port.js';
import { slicesOf } from '../group/group-protocol.js';
import { nested } from '../by-topic.js';
import type { KafkaConnection } from '../connection.js';
import { answerOf, isPassing } from '../protocol/failures.js';
import { type Broker, createErrorFromCode } from '../protocol/kafkajs-internals.js';
import { offsetFetchRequest, type Places } from '../protocol/offset-fetch-request.js';
import { persist } from '../protocol/persistence.js';

/** Who commits on behalf of a group; nobody in particular while the group has no members. */
export interface Committer {
  readonly memberId: string;
  readonly generation: number;
}

/** Asks the group's coordinator, and looks for it anew while it moves. */
function coordinated<T>(
  connection: KafkaConnection,
  group: GroupName,
  ask: (broker: Broker) => Promise<T>,
  retry: (error: unknown) => boolean = isPassing,
): Promise<T> {
  const attempt = async (): Promise<T> => {
    try {
      return await ask(await connection.coordinator('group', group));
    } catch (error) {
      connection.forgetCoordinators();
      throw error;
    }
  };
  return persist(attempt, { within: connection.settings.patience, first: 10, longest: 500, retry });
}

const byPlace = (a: Offset, b: Offset): number =>
  a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1;

function fetchOffsets(connection: KafkaConnection, group: GroupName, places?: Places): Promise<readonly Offset[]> {
  return coordinated(connection, group, async (broker) => {
    const request = offsetFetchRequest(group, places, places !== undefined);
    const { offsets, errorCodes } = await connection.send(broker, request);
    const [code] = errorCodes;
    if (code !== undefined) throw createErrorFromCode(code);
    return [...offsets].sort(byPlace);
  });
}

/**
 * What the group committed, including by transactions whose outcome is just under way. A coordinator only waits for those when
 * it is asked for the partitions by name, so all there are have to be named.
 */
export async function committedOffsets(connection: KafkaConnection, group: GroupName): Promise<readonly Offset[]> {
  const { topicMetadata } = await persist(() => connection.metadata(), { within: connection.settings.patience });
  const places = topicMetadata
    .filter(({ isInternal }) => !isInternal)
    .map(({ topic, partitionMetadata }) => [topic, partitionMetadata.map(({ partitionId }) => partitionId)] as const);
  return fetchOffsets(connection, group, new Map(places));
}

/** A group that changes answers so for a moment. */
const CHANGING = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID']);

/** @param committer asked anew for every try, since generations pass */
export async function commitGroupOffsets(
  connection: KafkaConnection,
  { group, offsets }: ConsumedOffsets,
  committer: () => Committer | undefined,
): Promise<void> {
  const topics = nested(offsets, ({ partition, offset }) => ({ partition, offset: String(offset), metadata: null }));
  const commit = (broker: Broker): Promise<unknown> => {
    const { memberId = '', generation = -1 } = committer() ?? {};
    const asked = broker.offsetCommit({
      groupId: group,
      memberId,
      groupGenerationId: generation,
      retentionTime: -1,
      topics,
    });
    return connection.ask(broker, asked, 'OffsetCommit');
  };
  await coordinated(connection, group, commit, (error) => isPassing(error) || CHANGING.has(answerOf(error) ?? ''));
}

/** From every broker, since each knows the groups that it coordinates. */
export async function allGroups(connection: KafkaConnection): Promise<readonly GroupName[]> {
  const names = new Set<GroupName>();
  for (const nodeId of connection.nodes()) {
    const broker = await connection.node(nodeId);
    const { groups } = await connection.ask(broker, broker.listGroups(), 'ListGroups');
    for (const { groupId } of groups) names.add(groupId);
  }
  return [...names].sort();
}

export async function describeGroup(connection: KafkaConnection, group: GroupName): Promise<GroupInfo> {
  const members = await coordinated(connection, group, async (broker) => {
    const asked = broker.describeGroups({ groupIds: [group] });
    const { groups } = await connection.ask(broker, asked, 'DescribeGroups');
    return groups[0]?.members ?? [];
  });
  return {
    group,
    members: members.map(({ memberId, memberAssignment }) => ({ id: memberId, slices: slicesOf(memberAssignment) })),
    offsets: await fetchOffsets(connection, group),
  };
}
