import type { ServiceInstance } from '../service-directory.js';

/** What Redis says of the directory. */
export interface Snapshot {
  /** Differs when Redis has lost its data since. */
  readonly since: string;
  readonly instances: readonly ServiceInstance[];
}

const byAge = (a: ServiceInstance, b: ServiceInstance): number =>
  a.service.localeCompare(b.service) || a.registeredAt - b.registeredAt || a.id.localeCompare(b.id);

/** All that watchers are told of: heartbeats are no change. */
const summary = (list: readonly ServiceInstance[]): string =>
  JSON.stringify(list.map(({ service, id, url, status, registeredAt }) => [service, id, url, status, registeredAt]));

/**
 * The last known good list. A Redis that has lost its data names few instances at first, for each comes back with its
 * next heartbeat: until all have had the time for that, those that were known stay.
 */
export class KnownInstances {
  list: readonly ServiceInstance[] = [];
  #since: string | undefined;
  #keptUntil = -Infinity;
  #takenAt = -Infinity;

  /** @param ttl milliseconds */
  constructor(private readonly ttl: number) {}

  /** @param now milliseconds, monotonic. @returns whether the list has changed */
  take({ since, instances }: Snapshot, now: number): boolean {
    const anew = this.#since !== undefined && this.#since !== since;
    // the time of another absence does not count
    const absent = this.#takenAt < this.#keptUntil && now - this.#takenAt > this.ttl / 2;
    if (anew || absent) this.#keptUntil = now + this.ttl;
    this.#since = since;
    this.#takenAt = now;
    const named = new Set(instances.map(({ id }) => id));
    const kept = now < this.#keptUntil ? this.list.filter(({ id }) => !named.has(id)) : [];
    return this.#replace([...instances, ...kept].sort(byAge));
  }

  /** One that is known to be gone is not kept. @returns whether the list has changed */
  forget(id: string): boolean {
    return this.#replace(this.list.filter((instance) => instance.id !== id));
  }

  #replace(list: readonly ServiceInstance[]): boolean {
    const changed = summary(list) !== summary(this.list);
    this.list = list;
    return changed;
  }
}
