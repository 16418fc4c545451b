import { describe, expect, it } from '@jest/globals';
import { encodeAssignment, encodeSubscription, type Holding, shareOut, slicesOf } from './group-protocol.js';

const topics = ['orders', 'payments'];
const member = (memberId: string, slices: readonly number[], generation: number) => ({
  memberId,
  memberMetadata: encodeSubscription(topics, { slices, generation } satisfies Holding),
});
const shared = (...members: ReturnType<typeof member>[]) =>
  Object.fromEntries(
    shareOut(members, topics, 4).map(({ memberId, memberAssignment }) => [memberId, slicesOf(memberAssignment)]),
  );

describe('sharing slices in a Kafka group', () => {
  it('leaves members what they have, as far as their share goes', () => {
    expect(shared(member('new', [], 0), member('old', [0, 1, 2, 3], 5))).toEqual({ old: [0, 1], new: [2, 3] });
  });

  it('believes the later generation where two claim a slice', () => {
    expect(shared(member('a', [0, 1], 4), member('b', [1, 0], 5))).toEqual({ b: [0, 1], a: [2, 3] });
  });

  it('does not depend on the order in which members are told', () => {
    const members = [member('a', [3], 2), member('b', [1], 2), member('c', [], 0)];
    expect(shared(...members)).toEqual(shared(...members.toReversed()));
  });

  it('takes what another program wrote for no claim', () => {
    const strange = { memberId: 'x', memberMetadata: Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]) };
    expect(shared(strange)).toEqual({ x: [0, 1, 2, 3] });
  });

  it('reads assignments of any consumer: the partitions of all its topics', () => {
    expect(slicesOf(encodeAssignment(topics, [2, 0]))).toEqual([0, 2]);
    expect(slicesOf(Buffer.alloc(0))).toEqual([]);
  });
});
