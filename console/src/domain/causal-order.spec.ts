import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Caused, causalOrder } from './causal-order.js';

const record = (id: string, timestamp: number, causationId: string | null = null): Caused => ({
  id,
  timestamp,
  causationId,
});
const ids = (records: readonly Caused[]) => records.map(({ id }) => id);

describe('causalOrder', () => {
  it('puts records in the order of time', () =>
    expect(ids(causalOrder([record('b', 2), record('a', 1)]))).toEqual(['a', 'b']));

  it('puts a cause before its effects when they share a time', () =>
    expect(
      ids(causalOrder([record('paid', 1, 'reserved'), record('reserved', 1, 'created'), record('created', 1)])),
    ).toEqual(['created', 'reserved', 'paid']));

  it('keeps every record of a circle of causes', () =>
    expect(ids(causalOrder([record('a', 1, 'b'), record('b', 2, 'a')]))).toEqual(['a', 'b']));

  it('shows no effect before its cause, whatever order it is given', () =>
    fc.assert(
      fc.property(
        fc.array(fc.record({ timestamp: fc.integer({ min: 0, max: 3 }), parent: fc.nat() }), { maxLength: 30 }),
        fc.infiniteStream(fc.nat()),
        (shape, shuffle) => {
          const chain = shape.map(({ timestamp, parent }, index) =>
            record(String(index), timestamp, index === 0 ? null : String(parent % index)),
          );
          const shuffled = chain
            .map((item) => ({ item, at: shuffle.next().value as number }))
            .sort((a, b) => a.at - b.at)
            .map(({ item }) => item);
          const ordered = ids(causalOrder(shuffled));
          expect([...ordered].sort()).toEqual(ids(chain).sort());
          for (const { id, causationId } of chain) {
            if (causationId !== null) expect(ordered.indexOf(causationId)).toBeLessThan(ordered.indexOf(id));
          }
        },
      ),
    ));
});
