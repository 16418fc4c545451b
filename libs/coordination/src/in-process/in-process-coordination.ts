import type { Coordination } from '../coordination.js';
import { inProcessDirectory } from './directory.js';
import { inProcessLeases } from './leases.js';
import { inProcessSignalBus } from './signal-bus.js';
import { TokenBuckets } from './token-buckets.js';

/** Of services that all run in this process: nothing to open, and nothing that could be away. */
export function inProcessCoordination(): Coordination {
  return {
    directory: inProcessDirectory(),
    signals: inProcessSignalBus(),
    leases: inProcessLeases(),
    rates: new TokenBuckets(),
    ping: async () => undefined,
    close: async () => undefined,
  };
}
