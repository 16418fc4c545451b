import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from './problem.js';

/** Of a request's address, without the query. */
export const pathOf = ({ url }: FastifyRequest): string => url.split('?')[0] ?? '';

/** The methods that a path has, where it lacks the one asked for; none where nothing is there. */
function allowedInstead(app: FastifyInstance, { is404, url }: FastifyRequest): readonly string[] {
  if (!is404) return [];
  const allowed = app.supportedMethods.filter((method) => (app.findRoute({ method, url }) as unknown) !== null);
  // Preflights may be answered for every path, whether something is there or not.
  return allowed.some((method) => method !== 'OPTIONS') ? allowed : [];
}

/** Answers 405 with `Allow` where a path is there, but not for that method; to everybody, as it says nothing of data. */
export function refuseOtherMethods(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const allowed = allowedInstead(app, request).join(', ');
    if (allowed === '') {
      done();
      return;
    }
    void reply.header('allow', allowed);
    done(new Problem(405, 'METHOD_NOT_ALLOWED', `${pathOf(request)} has no ${request.method}, but ${allowed}`));
  });
}
