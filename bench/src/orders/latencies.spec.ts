import { describe, expect, it } from '@jest/globals';
import { Latencies } from './latencies.js';

const of = (...values: number[]): Latencies => {
  const latencies = new Latencies();
  for (const value of values) latencies.add(value);
  return latencies;
};

describe('latencies', () => {
  it('gives the value that the share of all does not exceed, in any order of arrival', () => {
    const hundred = of(...Array.from({ length: 100 }, (_, index) => ((index * 37) % 100) + 1));
    expect(hundred.percentiles(0.5, 0.95, 1)).toEqual([50, 95, 100]);
  });

  it('gives the only one for every share', () => expect(of(7).percentiles(0, 0.5, 1)).toEqual([7, 7, 7]));

  it('says that there are none', () => expect(of().percentiles(0.5)).toEqual([NaN]));
});
