import { describe, expect, it } from '@jest/globals';
import { type CoordinationBackend, eventually, on } from './fixture.js';

export function rateLimitsContract(backend: CoordinationBackend): void {
  describe('its rate limits', () => {
    it(
      'let a burst of a quarter minute through, whichever instance is asked, and then say how long to wait',
      on(backend, async ({ one, other }) => {
        const take = (rates: typeof one.rates, caller = 'alice') => rates.take({ caller, cost: 1, perMinute: 8 });
        expect(await take(one.rates)).toBe('taken');
        expect(await take(other.rates)).toBe('taken');
        // a token comes every 7.5 s, and some of that may have gone by
        expect([7, 8]).toContain(await take(one.rates));
        expect([7, 8]).toContain(await take(other.rates));
        expect(await take(other.rates, 'bob')).toBe('taken');
      }),
    );

    it(
      'count fractions, and nothing for what is free',
      on(backend, async ({ one: { rates } }) => {
        const take = (cost: number) => rates.take({ caller: 'olga', cost, perMinute: 4 });
        for (let i = 0; i < 4; i++) expect(await take(0.25)).toBe('taken');
        expect(await take(0)).toBe('taken');
        expect([3, 4]).toContain(await take(0.25));
        expect([14, 15]).toContain(await take(1));
      }),
    );

    it(
      'refill with time',
      on(backend, async ({ one: { rates } }) => {
        const take = () => rates.take({ caller: 'alice', cost: 1, perMinute: 240 });
        for (let i = 0; i < 60; i++) await take();
        await eventually(async () => (await take()) !== 'taken');
        await eventually(async () => (await take()) === 'taken');
      }),
    );
  });
}
