import { Readable } from 'node:stream';
import type { ServiceDirectory } from '@order-flow/coordination';
import { type HttpApp, Problem } from '@order-flow/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { whileWanted } from './access.js';

const FORWARDED = ['authorization', 'accept', 'content-type', 'idempotency-key', 'last-event-id', 'traceparent'];
const ANSWERED = ['content-type', 'cache-control', 'retry-after'];

function forwardedHeaders({ headers }: FastifyRequest): Record<string, string> {
  const forwarded: Record<string, string> = {};
  for (const name of FORWARDED) {
    const value = headers[name];
    if (typeof value === 'string') forwarded[name] = value;
  }
  return forwarded;
}

async function ask(request: FastifyRequest, url: string, signal: AbortSignal): Promise<Response> {
  const body = request.method === 'POST' ? JSON.stringify(request.body) : null;
  try {
    return await fetch(url, { method: request.method, headers: forwardedHeaders(request), body, signal });
  } catch (cause) {
    request.log.warn({ err: cause, url }, 'the gateway did not answer');
    throw new Problem(502, 'GATEWAY_UNREACHABLE', 'the GraphQL gateway does not answer; try again in a moment');
  }
}

/** Passes an answer on as it comes: a subscription's events are not held back. */
function passOn(reply: FastifyReply, response: Response): FastifyReply {
  reply.status(response.status);
  for (const name of ANSWERED) {
    const value = response.headers.get(name);
    if (value !== null) reply.header(name, value);
  }
  return response.body ? reply.send(Readable.fromWeb(response.body)) : reply.send();
}

/**
 * `/graphql` on the page's own origin, with the caller's own credentials; the gateway's instances take turns. So the page
 * needs no CORS and its content security policy names no other host.
 */
export function graphqlProxy(app: HttpApp, directory: ServiceDirectory, stopping: AbortSignal): void {
  let turn = 0;
  const forward = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const instances = directory.instances('graphql-gateway');
    const instance = instances[turn++ % Math.max(1, instances.length)];
    if (!instance) throw new Problem(503, 'GATEWAY_UNAVAILABLE', 'no GraphQL gateway is registered');
    const query = request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : '';
    return passOn(reply, await ask(request, `${instance.url}/graphql${query}`, whileWanted(reply, stopping)));
  };
  app.get('/graphql', forward);
  app.post('/graphql', forward);
}
