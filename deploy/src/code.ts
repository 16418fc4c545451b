import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Service, serviceNames, SERVICES } from '@order-flow/cluster';
import { needs as commandService } from '@order-flow/command-service';
import type { ServerVariable } from '@order-flow/composition';
import { needs as console } from '@order-flow/console';
import { needs as graphqlGateway } from '@order-flow/graphql-gateway';
import { needs as processors } from '@order-flow/processors';
import { needs as projections } from '@order-flow/projections';
import { needs as registry } from '@order-flow/registry';
import { createLogger, Lifecycle, readSettings } from '@order-flow/service-kit';

const NEEDS: Readonly<Record<Service, readonly ServerVariable[]>> = {
  registry,
  'command-service': commandService,
  processors,
  projections,
  'graphql-gateway': graphqlGateway,
  console,
};

/** What the code says of a service, and a deployment has to agree with. */
export interface ServiceFacts {
  readonly port: number;
  readonly needs: readonly ServerVariable[];
}

const defaults = readSettings({});

export const services = Object.fromEntries(
  serviceNames.map((name) => [name, { port: defaults[SERVICES[name]], needs: NEEDS[name] }]),
) as unknown as Readonly<Record<Service, ServiceFacts>>;

export const isService = (name: string | undefined): name is Service => name !== undefined && name in services;

export const serverVariables = ['EVENT_STORE_URL', 'KAFKA_BROKERS', 'MONGO_URL', 'REDIS_URL'] as const;

/** How long one part of a service may take to stop, in seconds; the others stop after it. */
export const stopDeadlineSeconds = new Lifecycle(createLogger({ level: 'silent' })).stopDeadlineMs / 1_000;

export const root = join(import.meta.dirname, '..', '..');

export const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The image that is built of this version. */
export const image = `order-flow:${(JSON.parse(textOf('package.json')) as { version: string }).version}`;

/** Names of the programs that the build makes. */
export async function builtPrograms(): Promise<readonly string[]> {
  const build = (await import(pathToFileURL(join(root, 'scripts', 'build.mjs')).href)) as { PROGRAMS: object };
  return Object.keys(build.PROGRAMS);
}
