import { EventEmitter } from 'node:events';
import type { Registration, ServiceDirectory, ServiceInstance } from '../service-directory.js';

/** Registrations of one process: no lease is needed, for they end with the process. */
export function inProcessDirectory(now: () => number = Date.now): ServiceDirectory {
  const instances = new Map<string, ServiceInstance>();
  const changes = new EventEmitter().setMaxListeners(0);
  let version = 0;
  const changed = () => {
    version++;
    changes.emit('change');
  };
  const all = (): readonly ServiceInstance[] =>
    [...instances.values()].map((instance) => ({ ...instance, lastHeartbeatAt: now() }));
  return {
    register({ service, id, url }) {
      let own: ServiceInstance = { service, id, url, status: 'UP', registeredAt: now(), lastHeartbeatAt: now() };
      instances.set(id, own);
      changed();
      /** An instance that registered anew under this id is none of this registration's business. */
      const stands = () => instances.get(id) === own;
      const registration: Registration = {
        drain() {
          if (stands()) {
            own = { ...own, status: 'DRAINING' };
            instances.set(id, own);
            changed();
          }
          return Promise.resolve();
        },
        remove() {
          if (stands()) {
            instances.delete(id);
            changed();
          }
          return Promise.resolve();
        },
      };
      return Promise.resolve(registration);
    },
    instances: (service) => all().filter((instance) => instance.service === service && instance.status === 'UP'),
    all,
    get version() {
      return version;
    },
    watch(listener) {
      changes.on('change', listener);
      return () => changes.off('change', listener);
    },
  };
}
