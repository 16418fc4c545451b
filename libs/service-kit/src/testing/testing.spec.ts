import { describe, expect, it } from '@jest/globals';
import { overriding, pick, seededRandom } from './index.js';

class Counter {
  #count = 0;
  readonly name = 'counter';

  increment(): number {
    this.#count += 1;
    return this.#count;
  }
  twice(): number {
    this.increment();
    return this.increment();
  }
}

describe('an object that overrides another one', () => {
  it('has what is given, and otherwise what the other has, on its private state', () => {
    const counter = new Counter();
    const changed = overriding(counter, { twice: () => counter.increment() + 100 });
    expect([changed.name, changed.increment(), changed.twice(), counter.increment()]).toEqual(['counter', 1, 102, 3]);
  });
});

describe('seeded random numbers', () => {
  it('are the same for a seed, others for another one, and below 1', () => {
    const numbers = (seed: number): number[] => Array.from({ length: 1_000 }, seededRandom(seed));
    expect(numbers(7)).toEqual(numbers(7));
    expect(numbers(7)).not.toEqual(numbers(8));
    expect(numbers(-7).every((number) => number >= 0 && number < 1)).toBe(true);
  });

  it('pick every item now and then', () => {
    const random = seededRandom(1);
    expect(new Set(Array.from({ length: 100 }, () => pick(random, ['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']));
  });
});
