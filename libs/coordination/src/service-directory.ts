/** One running instance of a service, as the registry knows it. */
export interface ServiceInstance {
  /** e.g. `command-service` */
  readonly service: string;
  /** Unique among the instances of all services. */
  readonly id: string;
  readonly url: string;
  readonly status: 'UP' | 'DRAINING';
  /** Milliseconds since the epoch. */
  readonly registeredAt: number;
  /** When it was last known to live; milliseconds since the epoch. */
  readonly lastHeartbeatAt: number;
}

/** What an instance says of itself. */
export type NewInstance = Pick<ServiceInstance, 'service' | 'id' | 'url'>;

/**
 * A registration that is kept alive by heartbeats until it is given up. Once another one has been made under its id it
 * is an older self: nothing it does has an effect any more.
 */
export interface Registration {
  /** Tells clients to choose others; requests under way still finish. */
  drain(): Promise<void>;
  remove(): Promise<void>;
}

/** The registry as services see it. */
export interface ServiceDirectory {
  /** While the registry is away it resolves all the same, and the registration stands as soon as the registry is back. */
  register(instance: NewInstance): Promise<Registration>;
  /** Instances that are UP; the last known good list when the registry itself is away. */
  instances(service: string): readonly ServiceInstance[];
  all(): readonly ServiceInstance[];
  /** Grows with every change. */
  readonly version: number;
  /** Called after every change; heartbeats are none. Returns how to stop. */
  watch(listener: () => void): () => void;
}
