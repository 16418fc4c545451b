import type { OrderDomainEvent } from '@order-flow/contracts';
import { Problem } from '@order-flow/service-kit';
import type { FastifyRequest } from 'fastify';
import { orders } from '../app/aggregates.js';
import { handle, restoreEvent } from '../app/handle.js';
import { placeOrder } from '../app/place-order.js';
import type { Order } from '../domain/order.js';
import { answering, type Api, type ApiContext, commandContext } from './request.js';
import {
  CancelOrderBody,
  DecidedOrder,
  History,
  IdempotencyHeaders,
  OrderAnswer,
  OrderPath,
  PlaceOrderBody,
  Problems,
} from './schemas.js';

const tags = ['orders'];

/** A customer orders for themselves, an operator for whom they name. @throws Problem FORBIDDEN, INVALID_INPUT */
function customerOf({ caller }: FastifyRequest, named: string | undefined): string {
  if (caller.role === 'customer') {
    if (named !== undefined && named !== caller.subject)
      throw new Problem(403, 'FORBIDDEN', 'a customer orders for themselves');
    return caller.subject;
  }
  if (named === undefined) throw new Problem(422, 'INVALID_INPUT', 'an operator names the customerId');
  return named;
}

const unknownOrder = (id: string): Problem => new Problem(404, 'ORDER_NOT_FOUND', `there is no order ${id}`);

/** Another customer's order is answered like one that does not exist. */
function checkOwner({ caller }: FastifyRequest, id: string, { demand }: Order): void {
  if (!demand || (caller.role === 'customer' && demand.customerId !== caller.subject)) throw unknownOrder(id);
}

async function readOrder({ store }: ApiContext, id: string) {
  let state = orders.decider.initialState;
  const history = [];
  for await (const recorded of store.readStream(orders.stream(id))) {
    state = orders.decider.evolve(state, restoreEvent<OrderDomainEvent>(orders.topic, recorded));
    const { id: eventId, type, data, revision, created, metadata } = recorded;
    const time = new Date(created).toISOString();
    history.push({ id: eventId, type, version: revision + 1, time, causationId: metadata.$causationId, data });
  }
  return { state, history };
}

export function orderRoutes(api: Api, context: ApiContext): void {
  api.post(
    '/api/orders',
    {
      schema: {
        tags,
        summary: 'Place an order; prices come from the catalog',
        headers: IdempotencyHeaders,
        body: PlaceOrderBody,
        response: { 201: DecidedOrder, ...Problems },
      },
    },
    async (request, reply) => {
      const { items, customerId: named } = request.body;
      const customerId = customerOf(request, named);
      const command = commandContext(request, 'placeOrder', { customerId, items });
      const placed = await answering(() => placeOrder(context, command, { customerId, items }));
      const { orderId, status, version } = placed;
      return reply.status(201).header('location', `/api/orders/${orderId}`).send({ orderId, status, version });
    },
  );

  api.get(
    '/api/orders/:id',
    {
      schema: {
        tags,
        summary: 'An order as the event store knows it',
        params: OrderPath,
        response: { 200: OrderAnswer, ...Problems },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { state, history } = await readOrder(context, id);
      checkOwner(request, id, state);
      const { status, demand } = state;
      if (!status || !demand) throw unknownOrder(id);
      return { ...demand, status, version: history.length };
    },
  );

  api.get(
    '/api/orders/:id/history',
    {
      schema: { tags, summary: 'Every event of an order', params: OrderPath, response: { 200: History, ...Problems } },
    },
    async (request) => {
      const { state, history } = await readOrder(context, request.params.id);
      checkOwner(request, request.params.id, state);
      return history;
    },
  );

  api.post(
    '/api/orders/:id/cancel',
    {
      schema: {
        tags,
        summary: 'Cancel an order that is not yet dispatched',
        params: OrderPath,
        headers: IdempotencyHeaders,
        body: CancelOrderBody.nullish(),
        response: { 200: DecidedOrder, ...Problems },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { reason } = request.body ?? CancelOrderBody.parse({});
      const command = commandContext(request, 'cancelOrder', { id, reason });
      const handled = await answering(() =>
        handle(context.store, context.orders, id, command, (state) => {
          checkOwner(request, id, state);
          return { type: 'RequestOrderCancellation' as const, orderId: id, reason };
        }),
      );
      return { orderId: id, status: handled.state.status ?? 'CANCELLING', version: handled.version };
    },
  );
}
