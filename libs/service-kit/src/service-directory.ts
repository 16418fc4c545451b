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
  readonly lastHeartbeatAt: number;
}

/** A registration that is kept alive by heartbeats until it is given up. */
export interface Registration {
  /** Tells clients to choose others; requests under way still finish. */
  drain(): Promise<void>;
  remove(): Promise<void>;
}

/** The registry as services see it. */
export interface ServiceDirectory {
  register(instance: { readonly service: string; readonly id: string; readonly url: string }): Promise<Registration>;
  /** Instances that are UP; the last known good list when the registry itself is away. */
  instances(service: string): readonly ServiceInstance[];
  all(): readonly ServiceInstance[];
  /** Grows with every change. */
  readonly version: number;
  /** Called after every change. Returns how to stop. */
  watch(listener: () => void): () => void;
}
