import type { RateLimits, ServiceDirectory, SignalBus } from '@order-flow/coordination';
import type { ReadStore } from '@order-flow/read-store';
import type { Identity, Logger } from '@order-flow/service-kit';
import type { CollectionFor } from './read/read-model.js';

export interface GatewayOptions {
  readonly readStore: ReadStore;
  readonly signals: SignalBus;
  readonly directory: ServiceDirectory;
  readonly identity: Identity;
  readonly logger: Logger;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Which collection serves a read model now; asked at every read, so it should answer from a cache. Default: its name. */
  readonly collectionFor?: CollectionFor;
  /** Origins whose pages may call; default none. */
  readonly corsOrigins?: readonly string[];
  /** Where the callers' requests are counted; default: for this instance alone. */
  readonly rates?: RateLimits;
  /** Per caller; default 600. */
  readonly rateLimitPerMinute?: number;
  /** Subscriptions and waiting reads that one caller may have open at this gateway, and as many WebSockets; default 500. */
  readonly subscriptionsPerCaller?: number;
  /** How long `order(id, minVersion)` waits; default 5,000 ms. */
  readonly readYourWritesMs?: number;
  /** How often to look for changes whose signals were lost; default 3,000 ms. */
  readonly recheckMs?: number;
  /** For a command with all its attempts; default 5,000 ms. */
  readonly commandTimeoutMs?: number;
  /** Until an open circuit lets one request try; default 5,000 ms. */
  readonly circuitHalfOpenMs?: number;
  /** For GraphiQL's examples. */
  readonly sample?: { readonly sku: string };
}
