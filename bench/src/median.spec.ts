import { describe, expect, it } from '@jest/globals';
import { median, medians } from './median.js';

describe('median', () => {
  it('is the middle one of an odd number', () => expect(median([9, 1, 5])).toBe(5));
  it('lies between the two in the middle of an even number', () => expect(median([1, 10, 4, 2])).toBe(3));
  it('is taken of each value by itself', async () => {
    const runs = [
      { a: 1, b: 30 },
      { a: 3, b: 20 },
      { a: 2, b: 10 },
    ].values();
    expect(await medians(3, async () => runs.next().value ?? { a: NaN, b: NaN })).toEqual({ a: 2, b: 20 });
  });
});
