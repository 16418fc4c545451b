import { describe, expect, it } from '@jest/globals';
import { BoundedQueue } from './bounded-queue.js';

describe('a bounded queue', () => {
  it('gives what there is in its order, as much as is asked for', async () => {
    const queue = new BoundedQueue<number>(10);
    for (const item of [1, 2, 3]) await queue.push(item);
    expect(await queue.take(2)).toEqual([1, 2]);
    expect(queue.takeNow(2)).toEqual([3]);
    expect(queue.takeNow(2)).toEqual([]);
  });

  it('gives together what a producer pushes one by one', async () => {
    const queue = new BoundedQueue<number>(10);
    const taking = queue.take(10);
    for (const item of [1, 2, 3]) await queue.push(item);
    expect(await taking).toEqual([1, 2, 3]);
  });

  it('lets a producer wait while it is full', async () => {
    const queue = new BoundedQueue<number>(1);
    await queue.push(1);
    let pushed = false;
    const pushing = queue.push(2).then(() => (pushed = true));
    await Promise.resolve();
    expect(pushed).toBe(false);
    expect(await queue.take(1)).toEqual([1]);
    await pushing;
    expect(await queue.take(1)).toEqual([2]);
  });

  it('tells whether something comes within a time', async () => {
    const queue = new BoundedQueue<number>(1);
    expect(await queue.hasMoreWithin(5)).toBe(false);
    const waiting = queue.hasMoreWithin(60_000);
    await queue.push(1);
    expect(await waiting).toBe(true);
    expect(await queue.hasMoreWithin(60_000)).toBe(true);
  });

  it('lets nobody wait once it is closed, and gives what it has still', async () => {
    const queue = new BoundedQueue<number>(1);
    await queue.push(1);
    const pushing = queue.push(2);
    queue.close();
    await pushing;
    expect(await queue.take(5)).toEqual([1, 2]);
    expect(await queue.take(5)).toEqual([]);
    expect(await queue.hasMoreWithin(60_000)).toBe(false);
  });
});
