import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deadLetter, originalOf, partsLeftOut } from './dead-letter.js';
import type { LogRecord } from './port.js';
import { LARGEST_RECORD, recordSize } from './record-size.js';

const text = (length: number): string => 'ü'.repeat(length / 2);
const record = (sizes: { key: number; value: number; header: number }): LogRecord => ({
  topic: 'source',
  partition: 2,
  offset: 7,
  key: text(sizes.key),
  value: Buffer.alloc(sizes.value),
  headers: { own: text(sizes.header), 'dlq-left-out': 'value' },
  timestamp: 1,
});
const MOST = 1_048_000;

it.each([
  ['nothing', { key: 10, value: 1_000_000, header: 10 }, 0],
  ['the value', { key: 10, value: MOST, header: 10 }, 1],
  ['the headers, too', { key: 10, value: 10, header: MOST }, 2],
  ['the key, too', { key: MOST, value: 10, header: 10 }, 3],
])('a letter leaves out %s', (_, sizes, parts) => {
  const letter = deadLetter(record(sizes), new Error('e'.repeat(3_000)), { topic: 'x.dlq' });
  const leftOut = ['value', 'headers', 'key'].slice(0, parts).join(', ');
  expect([partsLeftOut(letter), letter.headers?.['dlq-left-out'] ?? '']).toEqual([parts, leftOut]);
  expect([letter.value === null, letter.headers?.['own'] === undefined, letter.key === null]).toEqual([
    parts > 0,
    parts > 1,
    parts > 2,
  ]);
  expect(originalOf({ ...record(sizes), headers: letter.headers ?? {} })).toEqual({
    topic: 'source',
    partition: 2,
    offset: 7,
  });
});

it('a letter fits every log, whatever the record and its failure are', () => {
  const size = fc.oneof(fc.nat(3_000), fc.nat(2_000_000));
  fc.assert(
    fc.property(fc.record({ key: size, value: size, header: size }), size, size, fc.nat(3), (sizes, ...rest) => {
      const [message, code, without] = rest;
      const error = Object.assign(new Error(text(message)), { code: text(code) });
      const letter = deadLetter(record(sizes), error, { topic: 'x.dlq', without });
      expect(recordSize(letter)).toBeLessThanOrEqual(LARGEST_RECORD);
      expect(partsLeftOut(letter)).toBeGreaterThanOrEqual(without);
    }),
    { numRuns: 60 },
  );
});
