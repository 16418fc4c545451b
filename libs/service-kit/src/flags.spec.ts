import { expect, it } from '@jest/globals';
import { whole } from './flags.js';

it.each(['0', '7', ' 50 '])('a flag that is a whole number between bounds: "%s"', (text) => {
  expect(whole(0, 50)(text)).toBe(Number(text));
});

it.each(['', ' ', '-1', '51', '1.5', 'seven', 'Infinity'])('one that is none: "%s"', (text) => {
  expect(() => whole(0, 50)(text)).toThrow('a whole number from 0 to 50 is needed.');
});
