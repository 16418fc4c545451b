import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Assigned, assignSlices } from './assignment.js';

const slicesOf = (members: readonly Assigned[]) => members.map((member) => member.slices);

describe('assigning slices', () => {
  it('gives one member everything', () => {
    expect(slicesOf(assignSlices([{ id: 'a', slices: [] }], 3))).toEqual([[0, 1, 2]]);
  });

  it('moves no more slices than a newcomer needs', () => {
    const members = [
      { id: 'a', slices: [0, 1, 2, 3, 4, 5] },
      { id: 'b', slices: [] },
    ];
    expect(slicesOf(assignSlices(members, 6))).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  it('leaves members without a slice when there are too many', () => {
    const members = ['a', 'b', 'c'].map((id) => ({ id, slices: [] }));
    expect(slicesOf(assignSlices(members, 2))).toEqual([[0], [1], []]);
  });

  it('is complete, balanced and keeps what it may, whatever came before', () => {
    const joins = fc.array(fc.record({ join: fc.boolean(), who: fc.nat(7) }), { maxLength: 30 });
    fc.assert(
      fc.property(joins, fc.integer({ min: 1, max: 24 }), (changes, count) => {
        let members: Assigned[] = [];
        for (const { join, who } of changes) {
          const others = members.filter((member) => member.id !== `m${who}`);
          const before = join ? [...others, { id: `m${who}`, slices: [] }] : others;
          members = assignSlices(before, count);
          if (members.length === 0) continue;
          const all = members.flatMap((member) => member.slices).sort((a, b) => a - b);
          expect(all).toEqual(Array.from({ length: count }, (_, slice) => slice));
          const sizes = members.map((member) => member.slices.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
