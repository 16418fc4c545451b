import { machineClock } from '../machine-clock.js';
import type { GroupName } from '../port.js';
import type { LogStorage } from '../storage/log-storage.js';
import { type Assigned, assignSlices } from './assignment.js';
import { registerGroup } from './committed-offsets.js';
import { isGone, type MemberProcess, thisProcess } from './member-process.js';

const TABLE = 'memberships';

const beatsTable = (group: GroupName): string => `members:${group}`;
export const groupSubject = (group: GroupName): string => `group:${group}`;

/** `since` is the generation in which the member got these slices. */
export interface MemberState extends Assigned {
  readonly since: number;
}

export interface Membership {
  readonly generation: number;
  readonly sliceCount: number;
  readonly members: readonly MemberState[];
}

interface Heartbeat extends MemberProcess {
  /** By the machine's clock: a time of day that is set must not make anybody a dead member, or a dead one live on. */
  readonly at: number;
}

const NOBODY: Membership = { generation: 0, sliceCount: 0, members: [] };

export function readMembership(storage: LogStorage, group: GroupName): Membership {
  const bytes = storage.get(TABLE, group);
  return bytes ? (JSON.parse(bytes.toString()) as Membership) : NOBODY;
}

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((slice, index) => slice === b[index]);

/** The next generation: whoever's slices change has them since now. */
function reassign(before: Membership, members: readonly Assigned[], sliceCount: number): Membership {
  const generation = before.generation + 1;
  const former = new Map(before.members.map((member) => [member.id, member]));
  const assigned = assignSlices(members, sliceCount).map((member) => {
    const known = former.get(member.id);
    return { ...member, since: known && same(known.slices, member.slices) ? known.since : generation };
  });
  return { generation, sliceCount, members: assigned };
}

function writeMembership(storage: LogStorage, group: GroupName, membership: Membership): void {
  registerGroup(storage, group);
  storage.put(TABLE, group, Buffer.from(JSON.stringify(membership)));
}

function hasExpired(storage: LogStorage, group: GroupName, id: string, sessionTimeout: number): boolean {
  const bytes = storage.get(beatsTable(group), id);
  if (!bytes) return true;
  const beat = JSON.parse(bytes.toString()) as Heartbeat;
  const silence = machineClock() - beat.at;
  return silence < 0 || silence > sessionTimeout || isGone(beat, thisProcess());
}

export interface Enrolment {
  readonly group: GroupName;
  readonly id: string;
  readonly sliceCount: number;
  /** Milliseconds without a heartbeat after which a member has left. */
  readonly sessionTimeout: number;
}

export type Presence = 'unchanged' | 'rebalanced' | 'not-copartitioned';

/**
 * Notes that the member lives, adds it if the group does not know it (any more), and removes members that died.
 * Only inside a transaction.
 */
export function heartbeat(storage: LogStorage, enrolment: Enrolment): Presence {
  const { group, id, sliceCount, sessionTimeout } = enrolment;
  const before = readMembership(storage, group);
  const dead = before.members.filter(
    (member) => member.id !== id && hasExpired(storage, group, member.id, sessionTimeout),
  );
  const living = before.members.filter((member) => !dead.includes(member));
  const others = living.some((member) => member.id !== id);
  if (others && before.sliceCount !== sliceCount) return 'not-copartitioned';
  const beat: Heartbeat = { ...thisProcess(), at: machineClock() };
  storage.put(beatsTable(group), id, Buffer.from(JSON.stringify(beat)));
  const known = living.some((member) => member.id === id);
  if (known && dead.length === 0) return 'unchanged';
  for (const member of dead) storage.remove(beatsTable(group), member.id);
  const members = known ? living : [...living, { id, slices: [] }];
  writeMembership(storage, group, reassign(before, members, sliceCount));
  return 'rebalanced';
}

/** Gives the member's slices to the others. Only inside a transaction. */
export function withdraw(storage: LogStorage, { group, id }: Enrolment): void {
  const before = readMembership(storage, group);
  storage.remove(beatsTable(group), id);
  const others = before.members.filter((member) => member.id !== id);
  if (others.length < before.members.length) {
    writeMembership(storage, group, reassign(before, others, before.sliceCount));
  }
}
