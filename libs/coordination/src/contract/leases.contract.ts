import { describe, expect, it } from '@jest/globals';
import type { Lease, Leases } from '../leases.js';
import { type CoordinationBackend, eventually, on } from './fixture.js';

const never = new AbortController().signal;

/** Asks for a lease; says whether it has been had. */
export function want(leases: Leases, name: string, signal: AbortSignal = never) {
  const wanted: { lease?: Lease } = {};
  const done = leases.acquire(name, { signal, ttlMs: 1_000 }).then((lease) => (wanted.lease = lease));
  return { done, has: () => wanted.lease !== undefined };
}

export function leasesContract(backend: CoordinationBackend): void {
  describe('its leases', () => {
    it(
      'have one holder at a time, and tokens that grow',
      on(backend, async ({ one, other }) => {
        let holders = 0;
        let most = 0;
        const tokens: number[] = [];
        const work = async ({ leases }: typeof one): Promise<void> => {
          for (let round = 0; round < 3; round++) {
            const lease = await leases.acquire('bridge', { signal: never, ttlMs: 1_000 });
            tokens.push(lease.token);
            most = Math.max(most, ++holders);
            await new Promise((resolve) => setImmediate(resolve));
            expect(lease.lost.aborted).toBe(false);
            holders--;
            await lease.release();
          }
        };
        await Promise.all([work(one), work(other), work(one)]);
        expect(most).toBe(1);
        expect(tokens).toHaveLength(9);
        expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
        expect(tokens.every(Number.isSafeInteger)).toBe(true);
      }),
    );

    it(
      'of different names do not wait for each other',
      on(backend, async ({ one, other }) => {
        const [a, b] = await Promise.all([want(one.leases, 'a').done, want(other.leases, 'b').done]);
        expect([a.name, b.name]).toEqual(['a', 'b']);
      }),
    );

    it(
      'are waited for until the signal, and go to the next one after a release, once',
      on(backend, async ({ one, other }) => {
        const first = await want(one.leases, 'bridge').done;
        const stop = new AbortController();
        const impatient = want(other.leases, 'bridge', stop.signal);
        const patient = want(other.leases, 'bridge');
        stop.abort(new Error('stopped'));
        await expect(impatient.done).rejects.toThrow('stopped');
        await expect(other.leases.acquire('bridge', { signal: AbortSignal.abort(new Error('late')) })).rejects.toThrow(
          'late',
        );
        expect(patient.has()).toBe(false);
        await first.release();
        const second = await patient.done;
        expect(second.token).toBeGreaterThan(first.token);
        const third = want(one.leases, 'bridge');
        await first.release();
        await expect(want(one.leases, 'another').done).resolves.toBeDefined();
        expect(third.has()).toBe(false);
        expect(second.lost.aborted).toBe(false);
        await second.release();
        await eventually(third.has);
      }),
    );
  });
}
