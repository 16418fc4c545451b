import type { Leases } from '@order-flow/coordination';
import { type Bridge, runBridge } from './bridge.js';

const LEASE = 'bridge';

/**
 * Runs the bridge while this instance holds its lease, so that of several one is active; the others stand by, which counts
 * as ready. The lease only chooses: where it is wrong, fencing lets one of them commit, and the fenced one gives its lease
 * back and tries again later.
 * @throws what {@link runBridge} throws
 */
export async function runUnderLease(
  leases: Leases,
  bridge: Bridge,
  signal: AbortSignal,
  ready: () => void,
): Promise<void> {
  while (!signal.aborted) {
    ready();
    const lease = await leases.acquire(LEASE, { signal });
    bridge.metrics.active.set(1);
    try {
      await runBridge(bridge, AbortSignal.any([signal, lease.lost]), ready);
    } finally {
      bridge.metrics.active.set(0);
      await lease.release();
    }
  }
}
