import { join } from 'node:path';
import type { Settings } from '@order-flow/service-kit';

/** Every service, in the order in which they need each other, and the setting of its port. */
export const SERVICES = {
  registry: 'REGISTRY_PORT',
  'command-service': 'COMMAND_SERVICE_PORT',
  processors: 'PROCESSORS_PORT',
  projections: 'PROJECTIONS_PORT',
  'graphql-gateway': 'GATEWAY_PORT',
  console: 'CONSOLE_PORT',
} as const satisfies Record<string, keyof Settings>;
export type Service = keyof typeof SERVICES;
export const serviceNames = Object.keys(SERVICES) as Service[];

/** How many instances of each service. */
export type Scale = Readonly<Record<Service, number>>;
export const ONE_OF_EACH = Object.fromEntries(serviceNames.map((name) => [name, 1])) as Scale;
export const MOST_INSTANCES = 9;

/** Between the ports of a service's instances: 8081, 8181, 8281 … */
const PORT_STEP = 100;

/** One process of the cluster. */
export interface Instance {
  readonly service: Service;
  /** From 1 on. */
  readonly index: number;
  /** `processors.2` */
  readonly name: string;
  readonly port: number;
  readonly url: string;
  /** What it needs besides the servers' variables. */
  readonly env: Readonly<Record<string, string>>;
}

/** What the instances have in common. */
export interface Ground {
  readonly settings: Settings;
  readonly dataDir: string;
  readonly portOffset: number;
}

/** Where and with what the index-th instance of a service runs. */
export function instanceOf({ settings, dataDir, portOffset }: Ground, service: Service, index: number): Instance {
  const variable = SERVICES[service];
  const port = settings[variable] + portOffset + (index - 1) * PORT_STEP;
  const name = `${service}.${index}`;
  return {
    service,
    index,
    name,
    port,
    url: `http://${settings.BIND_ADDRESS}:${port}`,
    env: {
      [variable]: String(port),
      DATA_DIR: join(dataDir, name),
      IDENTITY_DIR: identityDirectory(dataDir),
    },
  };
}

export const identityDirectory = (dataDir: string): string => join(dataDir, 'identity');
