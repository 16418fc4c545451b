import { describe, expect, it } from '@jest/globals';
import type { LogRecord, RecordBatch } from '@order-flow/event-log';
import { InputBuffer } from './input-buffer.js';

const record = (topic: string, offset: number, timestamp: number): LogRecord => ({
  topic,
  partition: 0,
  offset,
  key: 'k',
  value: null,
  headers: {},
  timestamp,
});
const batch = (topic: string, records: readonly LogRecord[], nextOffset: number): RecordBatch => ({
  topic,
  partition: 0,
  records,
  nextOffset,
  endOffset: nextOffset,
});
const next = (buffer: InputBuffer): LogRecord | undefined => {
  const record = buffer.peek();
  if (record) buffer.take(record);
  return record;
};
const never = new AbortController().signal;

describe('the input buffer', () => {
  it('gives the earliest record by timestamp, then topic, then offset', async () => {
    const buffer = new InputBuffer(10);
    await buffer.push(batch('b', [record('b', 0, 5), record('b', 1, 5), record('b', 2, 9)], 3), never);
    await buffer.push(batch('a', [record('a', 7, 5), record('a', 8, 6)], 9), never);
    const taken = Array.from({ length: 6 }, () => next(buffer)).map((next) => next && `${next.topic}${next.offset}`);
    expect(taken).toEqual(['a7', 'b0', 'b1', 'a8', 'b2', undefined]);
  });

  it('waits for a topic that holds more than was read of it, unless that takes too long', async () => {
    const buffer = new InputBuffer(3);
    buffer.ends.set('a', 2).set('b', 1);
    await buffer.push({ ...batch('b', [record('b', 0, 5)], 1), endOffset: 1 }, never);
    expect(buffer.peek()).toBeUndefined();
    await buffer.push({ ...batch('a', [record('a', 0, 1)], 1), endOffset: 2 }, never);
    expect(next(buffer)).toMatchObject({ topic: 'a' });
    expect(buffer.peek()).toBeUndefined();
    await buffer.push(batch('a', [], 2), never);
    expect(buffer.peek()).toMatchObject({ topic: 'b' });
    buffer.ends.set('a', 3);
    await buffer.push(batch('b', [record('b', 1, 6)], 2), never);
    expect(buffer.peek()).toBeUndefined();
    while (!buffer.peek()) await buffer.available(5_000);
    expect(next(buffer)).toMatchObject({ topic: 'b', offset: 0 });
  });

  it('demands and takes what it waits for also while it is full', async () => {
    const buffer = new InputBuffer(2);
    let told = 0;
    buffer.watch(() => told++);
    buffer.ends.set('a', 2).set('b', 4);
    const records = [0, 1, 2].map((offset) => record('b', offset, 5 + offset));
    await buffer.push({ ...batch('b', records, 3), endOffset: 4 }, never);
    expect([buffer.wants('a'), buffer.lacks('a')]).toEqual([true, true]);
    expect([buffer.wants('b'), buffer.lacks('b')]).toEqual([false, false]);
    expect(buffer.peek()).toBeUndefined();
    await buffer.push({ ...batch('a', [record('a', 0, 1)], 1), endOffset: 2 }, never);
    expect(buffer.wants('a')).toBe(false);
    expect(next(buffer)).toMatchObject({ topic: 'a' });
    expect([buffer.wants('a'), buffer.peek(), told]).toEqual([true, undefined, 1]);
    await buffer.push(batch('a', [], 2), never);
    for (const offset of [0, 1]) expect(next(buffer)).toMatchObject({ topic: 'b', offset });
    expect(buffer.wants('b')).toBe(false);
    expect(next(buffer)).toMatchObject({ topic: 'b', offset: 2 });
    expect([buffer.wants('b'), buffer.lacks('b'), told]).toEqual([true, true, 2]);
  });

  it('sleeps while nothing is there, however much is known to come, and lets the first record wait its time', async () => {
    const buffer = new InputBuffer(10);
    buffer.ends.set('a', 1).set('b', 1);
    let looks = 0;
    for (const until = performance.now() + 700; performance.now() < until; looks++) await buffer.available(100);
    expect(looks).toBeLessThan(20);
    await buffer.push(batch('b', [record('b', 0, 5)], 1), never);
    expect(buffer.peek()).toBeUndefined();
    await buffer.push(batch('a', [record('a', 0, 1)], 1), never);
    expect(next(buffer)).toMatchObject({ topic: 'a' });
  });

  it('moves its position over gaps once what lies before them is consumed', async () => {
    const buffer = new InputBuffer(10);
    await buffer.push(batch('a', [record('a', 0, 1), record('a', 4, 2)], 6), never);
    await buffer.push(batch('a', [], 9), never);
    next(buffer);
    expect(buffer.positions.get('a')).toBe(1);
    next(buffer);
    expect(buffer.positions.get('a')).toBe(9);
    await buffer.push(batch('a', [], 12), never);
    expect(buffer.positions.get('a')).toBe(12);
  });

  it('remembers a wake that came before anyone waited', async () => {
    const buffer = new InputBuffer(10);
    buffer.wake();
    const startedAt = performance.now();
    await buffer.available(5_000);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('holds a producer while it is full, until half is taken or the signal is aborted', async () => {
    const buffer = new InputBuffer(4);
    const records = [0, 1, 2, 3].map((offset) => record('a', offset, offset));
    await buffer.push(batch('a', records, 4), never);
    let pushed = 0;
    const second = buffer.push(batch('a', [record('a', 4, 4)], 5), never).then(() => pushed++);
    for (let taken = 0; taken < 2; taken++) next(buffer);
    await new Promise((resolve) => setImmediate(resolve));
    expect(pushed).toBe(0);
    next(buffer);
    await second;
    expect(buffer.size).toBe(2);
  });
});
