import { randomUUID } from 'node:crypto';
import { ORDER_STATUSES, OrderStatus, type OrderView } from '@order-flow/contracts';
import { isReadStoreAway } from '@order-flow/read-store';
import { type HttpApp, Problem, wholeNumber } from '@order-flow/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import { z } from 'zod';
import { CommandServiceError } from '../commands/command.js';
import { MAX_PAGE_SIZE } from '../read/keyset.js';
import { listOrders } from '../read/lists.js';
import { type Gateway, visibleCustomer } from '../schema/context.js';
import { READ_STORE_AWAY } from '../schema/graphql-errors.js';
import { traceparentOf } from './traceparent.js';

const IdempotencyKey = z.string().regex(/^[\x21-\x7e]{1,200}$/);
const Statuses = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(OrderStatus, `of ${ORDER_STATUSES.join(', ')}`));
const ListQuery = z.strictObject({
  first: wholeNumber(0, MAX_PAGE_SIZE).optional(),
  after: z.string().max(500).optional(),
  customerId: z.string().max(64).optional(),
  status: Statuses.optional(),
});

const invalid = (issues: readonly { path: readonly PropertyKey[]; message: string }[]): Problem =>
  new Problem(422, 'INVALID_INPUT', 'the query string is not valid', {
    errors: issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  });

/** @throws Problem INVALID_INPUT */
function idempotencyKeyOf({ headers }: FastifyRequest): string {
  const given = headers['idempotency-key'];
  if (given === undefined) return randomUUID();
  const key = IdempotencyKey.safeParse(given);
  if (!key.success) throw new Problem(422, 'INVALID_INPUT', 'Idempotency-Key is 1 to 200 printable ASCII characters');
  return key.data;
}

/** Passes a request on to the command service, body and answer as they are. @throws Problem SERVICE_UNAVAILABLE, COMMAND_TIMED_OUT */
const forwarding =
  ({ commands }: Gateway, target: (path: string) => string = (path) => path) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    try {
      const answer = await commands.send({
        method: request.method === 'POST' ? 'POST' : 'GET',
        path: target(request.url),
        body: Buffer.isBuffer(request.body) ? request.body : undefined,
        authorization: request.headers.authorization ?? '',
        idempotencyKey: idempotencyKeyOf(request),
        traceparent: traceparentOf(request.headers),
      });
      if (answer.location) void reply.header('location', answer.location);
      return await reply.status(answer.status).type(answer.contentType).send(answer.text);
    } catch (error) {
      if (!(error instanceof CommandServiceError)) throw error;
      throw new Problem(error.code === 'COMMAND_TIMED_OUT' ? 504 : 503, error.code, error.message);
    }
  };

/** What GraphQL refuses, in HTTP's words. */
function asProblem(error: unknown): unknown {
  if (isReadStoreAway(error)) return new Problem(503, 'SERVICE_UNAVAILABLE', READ_STORE_AWAY);
  if (!(error instanceof GraphQLError)) return error;
  return error.extensions['code'] === 'FORBIDDEN'
    ? new Problem(403, 'FORBIDDEN', error.message)
    : new Problem(422, 'INVALID_INPUT', error.message);
}

/** A document without what only projections need. */
function listed(view: OrderView): Record<string, unknown> {
  const { _id: orderId, ...order } = view;
  return { orderId, ...order, applied: undefined };
}

function serveList(app: HttpApp, gateway: Gateway): void {
  app.get('/orders', async (request) => {
    const query = ListQuery.safeParse(request.query);
    if (!query.success) throw invalid(query.error.issues);
    const { first, after, customerId, status } = query.data;
    const { caller } = request;
    try {
      const customer = visibleCustomer({ gateway, caller, authorization: '', traceparent: undefined }, customerId);
      const page = await listOrders(gateway.orders.model, { customerId: customer, statuses: status }, -1, {
        first,
        after,
      });
      const { hasNextPage, endCursor } = page.pageInfo;
      return { orders: page.edges.map(({ node }) => listed(node)), next: hasNextPage ? endCursor : null };
    } catch (error) {
      throw asProblem(error);
    }
  });
}

/** Orders over REST: commands and strongly consistent reads go to the command service, the list comes from the read model. */
export function restRoutes(app: HttpApp, gateway: Gateway): void {
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, parsed) => {
      parsed(null, body.length > 0 ? body : undefined);
    });
    const forward = forwarding(gateway);
    const underApi = forwarding(gateway, (path) => `/api${path}`);
    scope.post('/api/orders', forward);
    scope.get('/api/orders/:id', forward);
    scope.get('/api/orders/:id/history', forward);
    scope.post('/api/orders/:id/cancel', forward);
    scope.post('/orders', underApi);
    scope.get('/orders/:id', underApi);
    serveList(scope, gateway);
    done();
  });
}
