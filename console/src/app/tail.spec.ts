import { describe, expect, it } from '@jest/globals';
import type { LogRecord } from '@order-flow/event-log';
import { TailBuffer, tailStart } from './tail.js';

const records = (from: number, count: number, value = Buffer.from('{}')): LogRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    topic: 't',
    partition: 0,
    offset: from + index,
    key: 'k',
    value,
    headers: {},
    timestamp: 0,
  }));

describe('TailBuffer', () => {
  it('gives what came, once', () => {
    const buffer = new TailBuffer([], 0);
    buffer.push(records(0, 3));
    expect(buffer.take()?.messages.map(({ offset }) => offset)).toEqual([0, 1, 2]);
    expect(buffer.take()).toBeUndefined();
  });

  it('keeps the newest 200 of a flood, and counts the rest', () => {
    const buffer = new TailBuffer([], 0);
    buffer.push(records(0, 150));
    buffer.push(records(150, 1_000));
    const update = buffer.take();
    expect(update?.messages.map(({ offset }) => offset)).toEqual(
      Array.from({ length: 200 }, (_, index) => 950 + index),
    );
    expect(update?.dropped).toBe(950);
  });

  it('cuts a long value, and still tells its size', () => {
    const buffer = new TailBuffer([], 0);
    buffer.push(records(0, 1, Buffer.alloc(20_000, 'a')));
    expect(buffer.take()?.messages[0]?.value).toEqual({
      format: 'text',
      text: 'a'.repeat(8_192),
      bytes: 20_000,
      truncated: true,
    });
  });

  it('knows how far it has read, also over what is not wanted', () => {
    const buffer = new TailBuffer([{ topic: 't', partition: 1, offset: 7 }], 0);
    buffer.push(records(5, 3), ({ offset }) => offset === 6);
    expect(buffer.take()?.messages.map(({ offset }) => offset)).toEqual([6]);
    expect([...buffer.positions]).toEqual([
      [1, 7],
      [0, 8],
    ]);
  });
});

describe('where a tail begins', () => {
  const partitions = [
    { partition: 0, begin: 10, end: 20, bytes: 0 },
    { partition: 1, begin: 0, end: 5, bytes: 0 },
  ];
  const start = (last?: ReadonlyMap<number, number>) => {
    const { from, dropped } = tailStart('t', partitions, last);
    return { offsets: from.map(({ offset }) => offset), dropped };
  };

  it.each<[string, ReadonlyMap<number, number> | undefined, readonly number[], number]>([
    ['is the end', undefined, [20, 5], 0],
    ['is where the one before was', new Map([[0, 12]]), [12, 5], 0],
    ['is the first message that is left, and the others are counted', new Map([[0, 3]]), [10, 5], 7],
    ['is the end of a topic that has become shorter', new Map([[1, 900]]), [20, 5], 0],
  ])('%s', (_case, last, offsets, dropped) => expect(start(last)).toEqual({ offsets, dropped }));
});
