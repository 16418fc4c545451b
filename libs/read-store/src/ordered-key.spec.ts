import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeValue } from './ordered-key.js';

const order = (a: unknown, b: unknown, descending = false): number =>
  Math.sign(Buffer.compare(encodeValue(a, descending), encodeValue(b, descending)));

describe('the ordered encoding of values', () => {
  it('orders types as BSON does', () => {
    const ascending = [
      null,
      NaN,
      -Infinity,
      -1e300,
      -1,
      -0.5,
      0,
      1e-9,
      2,
      Infinity,
      '',
      'a',
      'a\0',
      'a\0b',
      'aa',
      'b',
      {},
      { a: 1 },
      { a: 2 },
      [],
      [1],
      false,
      true,
      new Date(-1),
      new Date(5),
    ];
    ascending.forEach((value, at) => {
      ascending.slice(at + 1).forEach((greater) => expect(order(value, greater)).toBe(-1));
      ascending.slice(at + 1).forEach((greater) => expect(order(value, greater, true)).toBe(1));
    });
  });

  it('orders numbers by size and strings by UTF-8', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true }),
        fc.double({ noNaN: true }),
        (a, b) => order(a, b) === (a < b ? -1 : a > b ? 1 : 0),
      ),
    );
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        (a, b) => order(a, b) === Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))),
      ),
    );
  });

  it('is free of prefixes, so that fields can follow one another', () => {
    const value = fc.oneof(fc.string({ maxLength: 3 }), fc.integer(), fc.constantFrom(null, true, 'a\0'));
    const both = (a: unknown, b: unknown, down: boolean) => Buffer.concat([encodeValue(a, down), encodeValue(b)]);
    fc.assert(
      fc.property(value, value, value, value, fc.boolean(), (a, b, c, d, down) => {
        const expected = order(a, c, down) || order(b, d);
        expect(Math.sign(Buffer.compare(both(a, b, down), both(c, d, down)))).toBe(expected);
      }),
    );
  });
});
