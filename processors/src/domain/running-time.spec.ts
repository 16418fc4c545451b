import { describe, expect, it } from '@jest/globals';
import { advance } from './running-time.js';

const NOON = Date.UTC(2026, 0, 1, 12);
const HOUR = 3_600_000;

describe('running time', () => {
  const time = { elapsed: 5_000, lastTick: NOON };

  it('begins with the first tick', () => {
    expect(advance(undefined, NOON, 2_000)).toEqual({ elapsed: 0, lastTick: NOON });
  });

  it('advances by what passed since the last tick', () => {
    expect(advance(time, NOON + 900, 2_000)).toEqual({ elapsed: 5_900, lastTick: NOON + 900 });
  });

  it('takes of a clock that is set forward no more than of an outage', () => {
    expect(advance(time, NOON + HOUR, 2_000)).toEqual({ elapsed: 7_000, lastTick: NOON + HOUR });
  });

  it('stands still for one tick when the clock is set back, and goes on from there', () => {
    const back = advance(time, NOON - HOUR, 2_000);
    expect(back).toEqual({ elapsed: 5_000, lastTick: NOON - HOUR });
    expect(advance(back, NOON - HOUR + 1_000, 2_000).elapsed).toBe(6_000);
  });
});
