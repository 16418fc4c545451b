import { Ready } from '@order-flow/all-in-one';
import type { Cluster } from './cluster.js';
import type { Service } from './plan.js';

/** The services' names in the ready file and in the banner. */
const URLS = {
  gateway: 'graphql-gateway',
  commands: 'command-service',
  processors: 'processors',
  projections: 'projections',
  registry: 'registry',
  console: 'console',
} as const satisfies Record<string, Service>;

/** Where the first instance of each service is. */
export function urlsOf(cluster: Cluster): Ready['urls'] {
  const entries = Object.entries(URLS).map(([name, service]) => [name, cluster.of(service)[0]?.instance.url]);
  return Ready.shape.urls.parse(Object.fromEntries(entries));
}
