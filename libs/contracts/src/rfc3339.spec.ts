import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rfc3339 } from './rfc3339.js';

const LAST = 8.64e15;

describe("an event's time", () => {
  it('is what Date has to say', () => {
    const near = fc.integer({ min: -3_000, max: 3_000 });
    const anywhere = fc.double({ min: -LAST, max: LAST, noNaN: true });
    fc.assert(
      fc.property(anywhere, fc.array(near), (start, steps) => {
        for (const timestamp of [start, ...steps.map((step) => start + step)]) {
          if (Math.abs(timestamp) <= LAST) expect(rfc3339(timestamp)).toBe(new Date(timestamp).toISOString());
        }
      }),
    );
  });

  it.each([NaN, Infinity, LAST + 1, -LAST - 1])('refuses %s', (timestamp) => {
    rfc3339(LAST);
    rfc3339(-LAST);
    expect(() => rfc3339(timestamp)).toThrow(RangeError);
  });
});
