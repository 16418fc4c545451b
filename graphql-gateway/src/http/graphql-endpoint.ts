import { Readable } from 'node:stream';
import { type Caller, type HttpApp, type Identity, UnauthenticatedError } from '@order-flow/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Gateway, RequestContext } from '../schema/context.js';
import { graphiqlPage, PAGE_POLICY } from './graphiql.js';
import { limitAddress, limitRate, type RateLimit } from './rate-limit.js';
import { traceparentOf } from './traceparent.js';
import type { GraphqlServer } from './yoga.js';

export interface EndpointOptions {
  readonly gateway: Gateway;
  readonly server: GraphqlServer;
  readonly identity: Identity;
  readonly limit: RateLimit;
  /** For the example in GraphiQL. */
  readonly sku: string;
}

const answerError = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply =>
  reply.status(status).send({ errors: [{ message, extensions: { code } }] });

/** The caller, or undefined after an answer in GraphQL's own form. */
async function authenticated(
  { identity, limit }: EndpointOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Caller | undefined> {
  try {
    const caller = await identity.authenticate(request.headers.authorization);
    await limitRate(limit, caller, reply);
    return caller;
  } catch (error) {
    if (!(error instanceof UnauthenticatedError)) throw error;
    await limitAddress(limit, request.ip, reply);
    answerError(reply, 401, error.code, error.message);
    return undefined;
  }
}

const isObject = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length > 0;

async function answer(
  server: GraphqlServer,
  request: FastifyRequest,
  reply: FastifyReply,
  context: RequestContext,
): Promise<FastifyReply> {
  const { raw, headers, method, body } = request;
  const response = await server.handleNodeRequestAndResponse({ raw, headers, method, body }, reply.raw, context);
  response.headers.forEach((value, name) => void reply.header(name, value));
  if (response.status === 406)
    return answerError(reply, 406, 'NOT_ACCEPTABLE', `this is answered as ${response.headers.get('accept') ?? 'JSON'}`);
  void reply.status(response.status);
  if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream'))
    return reply.send(await response.text());
  // A stream's connection is not used again, so that a stop need not wait for it to time out.
  void reply.header('connection', 'close');
  return reply.send(Readable.from(response.body));
}

/**
 * `/graphql` over HTTP: POST, GET for queries, SSE for `Accept: text/event-stream`, GraphiQL for browsers. Only JSON bodies
 * are read, so a foreign page cannot post here without a CORS preflight.
 */
export function graphqlEndpoint(app: HttpApp, options: EndpointOptions): void {
  const { gateway, server, sku } = options;
  let page: Promise<string> | undefined;
  const open = { config: { public: true } };

  const operate = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const caller = await authenticated(options, request, reply);
    if (!caller) return reply;
    if (request.method === 'POST' && !isObject(request.body))
      return answerError(reply, 400, 'BAD_REQUEST', 'the body is a JSON object with a query');
    const authorization = request.headers.authorization ?? '';
    return answer(server, request, reply, {
      gateway,
      caller,
      authorization,
      traceparent: traceparentOf(request.headers),
    });
  };

  app.post('/graphql', open, operate);
  app.get('/graphql', { ...open, exposeHeadRoute: false }, async (request, reply) => {
    if (!request.headers.accept?.includes('text/html')) return operate(request, reply);
    page ??= graphiqlPage(sku);
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', PAGE_POLICY)
      .send(await page);
  });
}
