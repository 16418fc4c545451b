import { setImmediate as rest } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { nextTurn, turnIsOver } from './turns.js';

/** Longer than a turn; milliseconds. */
const LONG = 3;
const STEPS = 5;

function busy(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

describe('processing in turns', () => {
  it('gives the event loop a round between any two turns, and everybody a turn', async () => {
    let round = 0;
    let going = true;
    const count = (): void => {
      round += 1;
      if (going) setImmediate(count);
    };
    setImmediate(count);
    const turns: { readonly worker: number; readonly round: number }[] = [];
    const work = async (worker: number): Promise<void> => {
      for (let step = 0; step < STEPS; step++) {
        if (turnIsOver(performance.now())) await nextTurn();
        turns.push({ worker, round });
        busy(LONG);
      }
    };
    await Promise.all([0, 1, 2].map(work));
    going = false;
    expect(new Set(turns.map((turn) => turn.round)).size).toBe(turns.length);
    // The first began before the others were there.
    const inTurn = turns.slice(1, 13).map(({ worker }) => worker);
    expect(inTurn).toEqual(inTurn.map((_, index) => index % 3));
  });

  it('lets short work go on at once', async () => {
    await rest();
    await rest();
    expect(turnIsOver(performance.now())).toBe(false);
    expect(turnIsOver(performance.now())).toBe(false);
  });
});
