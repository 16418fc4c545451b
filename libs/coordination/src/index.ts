export type { Coordination } from './coordination.js';
export { inProcessCoordination } from './in-process/in-process-coordination.js';
export { inProcessDirectory } from './in-process/directory.js';
export { inProcessSignalBus } from './in-process/signal-bus.js';
export { TokenBuckets } from './in-process/token-buckets.js';
export type { Lease, Leases } from './leases.js';
export type { RateLimits, RateRequest } from './rate-limits.js';
export type { NewInstance, Registration, ServiceDirectory, ServiceInstance } from './service-directory.js';
export type { ChangeSignal, SignalBus } from './signal-bus.js';
