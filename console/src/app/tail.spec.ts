import { describe, expect, it } from '@jest/globals';
import type { LogRecord } from '@order-flow/event-log';
import { TailBuffer } from './tail.js';

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
    const buffer = new TailBuffer();
    buffer.push(records(0, 3));
    expect(buffer.take()?.messages.map(({ offset }) => offset)).toEqual([0, 1, 2]);
    expect(buffer.take()).toBeUndefined();
  });

  it('keeps the newest 200 of a flood, and counts the rest', () => {
    const buffer = new TailBuffer();
    buffer.push(records(0, 150));
    buffer.push(records(150, 1_000));
    const update = buffer.take();
    expect(update?.messages.map(({ offset }) => offset)).toEqual(
      Array.from({ length: 200 }, (_, index) => 950 + index),
    );
    expect(update?.dropped).toBe(950);
  });

  it('cuts a long value, and still tells its size', () => {
    const buffer = new TailBuffer();
    buffer.push(records(0, 1, Buffer.alloc(20_000, 'a')));
    expect(buffer.take()?.messages[0]?.value).toEqual({
      format: 'text',
      text: 'a'.repeat(8_192),
      bytes: 20_000,
      truncated: true,
    });
  });
});
