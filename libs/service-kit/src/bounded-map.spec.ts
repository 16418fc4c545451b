import { describe, expect, it } from '@jest/globals';
import { BoundedMap } from './bounded-map.js';

describe('a bounded map', () => {
  it('forgets the entry that was set the longest ago', () => {
    const map = new BoundedMap<string, number>(3);
    map.set('a', 1).set('b', 2).set('c', 3);
    expect([...map]).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    map.set('d', 4);
    expect([...map.keys()]).toEqual(['b', 'c', 'd']);
    expect(map.get('a')).toBeUndefined();
  });

  it('takes an entry that is set again for the newest, and one that is read for as old as it is', () => {
    const map = new BoundedMap<string, number>(3);
    map.set('a', 1).set('b', 2).set('c', 3).set('a', 4);
    expect(map.get('b')).toBe(2);
    map.set('d', 5);
    expect([...map]).toEqual([
      ['c', 3],
      ['a', 4],
      ['d', 5],
    ]);
  });

  it('has room again for what was deleted', () => {
    const map = new BoundedMap<number, string>(2);
    map.set(1, 'a').set(2, 'b').delete(1);
    map.set(3, 'c');
    expect([...map.keys()]).toEqual([2, 3]);
  });

  it('forgets keys that look like none too', () => {
    const map = new BoundedMap<string | undefined, number>(1);
    expect([...map.set(undefined, 1).set('', 2)]).toEqual([['', 2]]);
    expect([...map.set(undefined, 3)]).toEqual([[undefined, 3]]);
  });
});
