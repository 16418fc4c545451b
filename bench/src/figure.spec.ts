import { describe, expect, it } from '@jest/globals';
import { figureRow, isMet } from './figure.js';

const figure = { suite: 'log', name: 'records', value: 150_000, unit: 'records/s' };

describe('figures', () => {
  it('meet a least value that they equal', () =>
    expect(isMet({ value: 150_000, target: { atLeast: 150_000 } })).toBe(true));
  it('do not meet a bound that they equal', () => expect(isMet({ value: 15, target: { below: 15 } })).toBe(false));
  it('are met or missed only where there is a target', () => expect(isMet(figure)).toBeUndefined());
  it('that could not be measured are missed', () => expect(isMet({ value: NaN, target: { below: 15 } })).toBe(false));
  it('read as a row', () =>
    expect(figureRow({ ...figure, target: { atLeast: 200_000 } })).toEqual([
      'log: records',
      '≥ 200,000',
      '150,000 records/s',
      'missed',
    ]));
});
