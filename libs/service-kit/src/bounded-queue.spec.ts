import { setImmediate as turn } from 'node:timers/promises';
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

  it('makes a producer wait while it is full', async () => {
    const queue = new BoundedQueue<number>(2);
    let pushed = 0;
    const producing = (async () => {
      for (let item = 0; item < 5; item++) {
        await queue.push(item);
        pushed++;
      }
      queue.close();
    })();
    await turn();
    expect(pushed).toBe(2);
    expect(await queue.take(1)).toEqual([0]);
    await turn();
    expect(pushed).toBe(3);
    const rest: number[] = [];
    for (let taken = await queue.take(10); taken.length > 0; taken = await queue.take(10)) rest.push(...taken);
    await producing;
    expect(rest).toEqual([1, 2, 3, 4]);
  });

  it('lets a waiting consumer and a waiting producer go when it is closed', async () => {
    const empty = new BoundedQueue<number>(1);
    const taking = empty.take(1);
    empty.close();
    expect(await taking).toEqual([]);
    const full = new BoundedQueue<number>(1);
    await full.push(1);
    const pushing = full.push(2);
    full.close();
    await pushing;
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
