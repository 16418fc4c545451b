import type { Leases } from './leases.js';
import type { RateLimits } from './rate-limits.js';
import type { ServiceDirectory } from './service-directory.js';
import type { SignalBus } from './signal-bus.js';

/** What instances of services need to know of each other. */
export interface Coordination {
  readonly directory: ServiceDirectory;
  readonly signals: SignalBus;
  readonly leases: Leases;
  readonly rates: RateLimits;
  /** @throws CoordinationError when the server does not answer */
  ping(): Promise<void>;
  /** Gives up what stands elsewhere: registrations and leases. What is within this process ends with it. */
  close(): Promise<void>;
}
