import { assignSlices } from '../../groups/assignment.js';
import type { TopicName } from '../../port.js';
import { AssignerProtocol } from '../protocol/kafkajs-internals.js';

const { MemberAssignment, MemberMetadata } = AssignerProtocol;

/**
 * Members name the number of slices in the protocol, so that the coordinator itself refuses one that would share out another
 * number.
 */
export const protocolName = (sliceCount: number): string => `order-flow-slices-${sliceCount}`;

/** What a member had when it (re)joined. */
export interface Holding {
  readonly slices: readonly number[];
  /** The generation that gave them; of two members that claim a slice, the later one has it. */
  readonly generation: number;
}

/** As Kafka's consumer protocol codes it, so that its own tools can read it. */
export const encodeSubscription = (topics: readonly TopicName[], holding: Holding): Buffer =>
  MemberMetadata.encode({ version: 0, topics, userData: Buffer.from(JSON.stringify(holding)) });

const NOTHING: Holding = { slices: [], generation: 0 };

function holdingOf(metadata: Buffer): Holding {
  try {
    const { userData } = MemberMetadata.decode(metadata);
    return userData && userData.length > 0 ? (JSON.parse(userData.toString()) as Holding) : NOTHING;
  } catch {
    // What another program wrote is no claim.
    return NOTHING;
  }
}

/**
 * The leader's work: who has which slices from now on. Members keep what they may; the same members with the same holdings
 * give the same answer.
 */
export function shareOut(
  members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[],
  topics: readonly TopicName[],
  sliceCount: number,
): { memberId: string; memberAssignment: Buffer }[] {
  const claims = members.map(({ memberId, memberMetadata }) => ({ id: memberId, ...holdingOf(memberMetadata) }));
  claims.sort((a, b) => b.generation - a.generation || (a.id < b.id ? -1 : 1));
  return assignSlices(claims, sliceCount).map(({ id, slices }) => ({
    memberId: id,
    memberAssignment: encodeAssignment(topics, slices),
  }));
}

export function encodeAssignment(topics: readonly TopicName[], slices: readonly number[]): Buffer {
  return MemberAssignment.encode({ version: 0, assignment: Object.fromEntries(topics.map((name) => [name, slices])) });
}

/** The slices of an assignment, ours or any other consumer's: the partitions of all its topics. */
export function slicesOf(assignment: Buffer): readonly number[] {
  if (assignment.length === 0) return [];
  const decoded = MemberAssignment.decode(assignment);
  const slices = new Set(Object.values(decoded?.assignment ?? {}).flat());
  return [...slices].sort((a, b) => a - b);
}
