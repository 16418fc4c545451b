import { describe, expect, it } from '@jest/globals';
import { LogError } from '../../port.js';
import { Tenures } from './tenures.js';

const { signal: forever } = new AbortController();

describe('the tenures of a member', () => {
  it('follow each other: the former one is over before the next is handed out', async () => {
    const tenures = new Tenures();
    tenures.assign({ slices: [0, 1], generation: 1 }, 0);
    const first = await tenures.next(forever);
    expect([first?.slices, first?.signal.aborted]).toEqual([[0, 1], false]);
    const waiting = tenures.next(forever);
    tenures.assign({ slices: [0], generation: 2 }, 0);
    expect(first?.signal.aborted).toBe(true);
    expect((await waiting)?.slices).toEqual([0]);
  });

  it('go on when the next generation leaves the slices as they are', async () => {
    const tenures = new Tenures();
    tenures.assign({ slices: [2, 3], generation: 1 }, 0);
    const tenure = await tenures.next(forever);
    tenures.assign({ slices: [2, 3], generation: 2 }, 0);
    expect(tenure?.signal.aborted).toBe(false);
    expect(tenures.holding).toEqual({ slices: [2, 3], generation: 2 });
  });

  it('leave out those that were over before anybody asked', async () => {
    const tenures = new Tenures();
    tenures.assign({ slices: [0, 1], generation: 1 }, 0);
    tenures.assign({ slices: [1], generation: 2 }, 0);
    expect((await tenures.next(forever))?.slices).toEqual([1]);
  });

  it('are proven by a request that began after the question, not by an earlier one', async () => {
    const tenures = new Tenures();
    tenures.assign({ slices: [0], generation: 1 }, 0);
    const { signal } = (await tenures.next(forever))!;
    let proven: boolean | undefined;
    const proof = tenures.proofAfter(10, signal).then((answer) => (proven = answer));
    tenures.prove(9);
    await Promise.resolve();
    expect([proven, tenures.isAsked(9), tenures.isAsked(10)]).toEqual([undefined, true, false]);
    tenures.prove(10);
    expect(await proof).toBe(true);
  });

  it('are disproven when they are lost; what was lost is claimed no more', async () => {
    const tenures = new Tenures();
    tenures.assign({ slices: [0], generation: 1 }, 0);
    const { signal } = (await tenures.next(forever))!;
    const proof = tenures.proofAfter(10, signal);
    tenures.lose();
    expect(await proof).toBe(false);
    expect(await tenures.proofAfter(10, signal)).toBe(false);
    expect(tenures.holding.slices).toEqual([]);
    tenures.assign({ slices: [0], generation: 2 }, 0);
    expect((await tenures.next(forever))?.slices).toEqual([0]);
  });

  it('end with what ended the membership', async () => {
    const tenures = new Tenures();
    const waiting = tenures.next(forever);
    tenures.fail(new LogError('NOT_COPARTITIONED', 'others share other slices'));
    await expect(waiting).rejects.toMatchObject({ code: 'NOT_COPARTITIONED' });
    const left = new Tenures();
    left.end();
    expect(await left.next(forever)).toBeUndefined();
  });
});
