import { describe, expect, it } from '@jest/globals';
import { wholeNumber } from './whole-number.js';

describe('a whole number of a query', () => {
  it.each([
    ['1', 1],
    ['007', 7],
    ['200', 200],
  ])('is %j', (text, number) => expect(wholeNumber(1, 200).parse(text)).toBe(number));

  it.each(['', ' ', '0', '201', '-1', '1.5', '0x1', '1e1', '9'.repeat(400), ['1'], undefined])('is not %j', (input) =>
    expect(wholeNumber(1, 200).safeParse(input).success).toBe(false),
  );

  it('goes as far as numbers are exact', () => {
    expect(wholeNumber().parse('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(wholeNumber().safeParse('9007199254740992').success).toBe(false);
  });
});
