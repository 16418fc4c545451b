import { expect, it } from '@jest/globals';
import type { Document } from 'mongodb';
import { compileFilter } from './filter.js';

const matching = (filter: Document, values: readonly unknown[]): unknown[] =>
  values.filter((a) => compileFilter(filter).matches({ _id: 'x', a }));

// What a server answers (its tests call it null_query_semantics), and emulators do not.
it('what an array holds beside objects has no field that could be missing', () => {
  const values = [[1], [null], [[]], [[{ c: 1 }]], [{ b: 1 }, 2]];
  expect(matching({ 'a.b': null }, values)).toEqual([]);
  expect(matching({ 'a.b': { $in: [null] } }, values)).toEqual([]);
  expect(matching({ 'a.b': { $ne: null } }, values)).toEqual(values);
  expect(matching({ 'a.b': { $nin: [null] } }, [...values, [{}]])).toEqual(values);
});

it('arrays are compared by their elements and as a whole, objects with the order of their fields', () => {
  const one = { x: 1, y: 2 };
  const other = { y: 2, x: 1 };
  const values = [one, other, [one], [other], [[one]], []];
  expect(matching({ a: one }, values)).toEqual([one, [one]]);
  expect(matching({ a: [one] }, values)).toEqual([[one], [[one]]]);
  expect(matching({ a: [] }, values)).toEqual([[]]);
  expect(matching({ a: { $all: [one] } }, values)).toEqual([one, [one]]);
  expect(matching({ a: { $all: [one, other] } }, [...values, [one, other]])).toEqual([[one, other]]);
  expect(matching({ a: { $not: { $eq: one } } }, values)).toEqual([other, [other], [[one]], []]);
});
