import { describe, expect, it } from '@jest/globals';
import { directoryContract } from './contract/directory.contract.js';
import { type CoordinationBackend, on } from './contract/fixture.js';
import { leasesContract } from './contract/leases.contract.js';
import { rateLimitsContract } from './contract/rate-limits.contract.js';
import { signalsContract } from './contract/signals.contract.js';

export { type CoordinationBackend, eventually, type OpenedCoordination } from './contract/fixture.js';

/** What every form of coordination must keep, as specs of the present test run. Each test opens the backend anew. */
export function coordinationContract(name: string, backend: CoordinationBackend): void {
  describe(`${name} keeps the contract of coordination`, () => {
    directoryContract(backend);
    signalsContract(backend);
    leasesContract(backend);
    rateLimitsContract(backend);
    it(
      'answers',
      on(backend, async ({ one }) => {
        await expect(one.ping()).resolves.toBeUndefined();
      }),
    );
  });
}
