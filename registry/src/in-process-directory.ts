import { EventEmitter } from 'node:events';
import { type Registration, type ServiceDirectory, type ServiceInstance } from '@order-flow/service-kit';

/** Registrations of one process: no lease is needed, for they end with the process. */
export function inProcessDirectory(now: () => number = Date.now): ServiceDirectory {
  const instances = new Map<string, ServiceInstance>();
  const changes = new EventEmitter().setMaxListeners(0);
  let version = 0;
  const changed = () => {
    version++;
    changes.emit('change');
  };
  return {
    register({ service, id, url }) {
      instances.set(id, { service, id, url, status: 'UP', registeredAt: now(), lastHeartbeatAt: now() });
      changed();
      const registration: Registration = {
        drain() {
          const current = instances.get(id);
          if (current) instances.set(id, { ...current, status: 'DRAINING' });
          changed();
          return Promise.resolve();
        },
        remove() {
          instances.delete(id);
          changed();
          return Promise.resolve();
        },
      };
      return Promise.resolve(registration);
    },
    instances: (service) =>
      [...instances.values()].filter((instance) => instance.service === service && instance.status === 'UP'),
    all: () => [...instances.values()].map((instance) => ({ ...instance, lastHeartbeatAt: now() })),
    get version() {
      return version;
    },
    watch(listener) {
      changes.on('change', listener);
      return () => changes.off('change', listener);
    },
  };
}
