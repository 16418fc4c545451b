import { describe, expect, it } from '@jest/globals';
import { coordinationContract } from '../coordination.contract.js';
import { inProcessCoordination } from './in-process-coordination.js';
import { TokenBuckets } from './token-buckets.js';

coordinationContract('one process', {
  open: async () => {
    const coordination = inProcessCoordination();
    return { one: coordination, other: coordination, close: () => coordination.close() };
  },
});

describe('the token buckets of one process', () => {
  it('say to the second when there will be enough, and never hold more than a quarter minute', async () => {
    let now = 0;
    const buckets = new TokenBuckets(() => now);
    const take = (cost = 1) => buckets.take({ caller: 'alice', cost, perMinute: 60 });
    now = 3_600_000;
    for (let i = 0; i < 15; i++) expect(await take()).toBe('taken');
    expect(await take()).toBe(1);
    expect(await take(15)).toBe(15);
    now += 1_000;
    expect(await take()).toBe('taken');
    expect(await take()).toBe(1);
  });

  it('are kept for ten thousand callers', async () => {
    const buckets = new TokenBuckets(() => 0);
    const take = (caller: string) => buckets.take({ caller, cost: 1, perMinute: 4 });
    expect(await take('first')).toBe('taken');
    expect(await take('first')).toBe(15);
    for (let i = 0; i < 9_999; i++) await take(`caller ${i}`);
    expect(await take('first')).toBe(15);
    await take('one too many');
    expect(await take('first')).toBe('taken');
  });
});
