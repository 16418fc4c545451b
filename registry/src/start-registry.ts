import type { ServiceDirectory } from '@order-flow/coordination';
import {
  FOR_STAFF,
  type HttpServer,
  type Identity,
  type Logger,
  Metrics,
  Problem,
  Readiness,
  type Running,
  startHttpServer,
} from '@order-flow/service-kit';
import { z } from 'zod';
import { dashboardPage, dashboardScript, dashboardStyle } from './adapters/dashboard.js';

export interface RegistryOptions {
  readonly directory: ServiceDirectory;
  readonly identity: Identity;
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
}

const ServicePath = z.object({ service: z.string().max(100) });

/** Starts the registry's HTTP API and dashboard. */
export async function startRegistry(options: RegistryOptions): Promise<Running & { readonly server: HttpServer }> {
  const { directory } = options;
  const metrics = new Metrics('registry');
  const byStatus = ['service', 'status'] as const;
  metrics.observed('registry_instances', 'Registered instances', byStatus, (gauge) => {
    for (const { service, status } of directory.all()) gauge.inc({ service, status });
  });
  const server = await startHttpServer({
    ...options,
    service: 'registry',
    metrics,
    readiness: new Readiness(),
    contentSecurityPolicy: { defaultSrc: ["'self'"], baseUri: ["'none'"], frameAncestors: ["'none'"] },
    routes: (app) => {
      const open = { config: { public: true } };
      app.get('/', open, (_request, reply) => reply.type('text/html').send(dashboardPage));
      app.get('/dashboard.css', open, (_request, reply) => reply.type('text/css').send(dashboardStyle));
      app.get('/dashboard.js', open, (_request, reply) => reply.type('text/javascript').send(dashboardScript));
      app.get('/services', FOR_STAFF, () => {
        return { version: directory.version, now: Date.now(), instances: directory.all() };
      });
      app.get('/services/:service', FOR_STAFF, (request) => {
        const path = ServicePath.safeParse(request.params);
        if (!path.success) throw new Problem(422, 'INVALID_INPUT', 'a name of a service has at most 100 characters');
        const { service } = path.data;
        return { version: directory.version, instances: directory.instances(service) };
      });
    },
  });
  return { server, stop: () => server.stop() };
}
