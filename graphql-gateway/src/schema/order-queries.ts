import type { OrderView } from '@order-flow/contracts';
import { listOrders } from '../read/lists.js';
import { OrderNode } from './aggregate.js';
import { builder } from './builder.js';
import { connectionOf } from './connection.js';
import { maySee, type RequestContext, visibleCustomer } from './context.js';
import { readModelBehind } from './graphql-errors.js';
import { OrderStatusType, OrderType } from './order-type.js';

const OrderConnection = builder.connectionObject({ type: OrderType, name: 'OrderConnection' }, { name: 'OrderEdge' });
const OrderOrder = builder.enumType('OrderOrder', { values: ['PLACED_AT_DESC', 'PLACED_AT_ASC'] as const });
const OrderFilter = builder.inputType('OrderFilter', {
  fields: (t) => ({
    customerId: t.id({ description: 'a customer sees only their own orders' }),
    statuses: t.field({ type: [OrderStatusType] }),
    placedFrom: t.field({ type: 'DateTime', description: 'included' }),
    placedTo: t.field({ type: 'DateTime', description: 'excluded' }),
  }),
});

/**
 * Waits, by signal, until the read model has the version.
 * @returns null when the order is somebody else's
 * @throws GraphQLError READ_MODEL_BEHIND {reached} after the waiting time, TOO_MANY_SUBSCRIPTIONS
 */
async function awaitVersion(context: RequestContext, id: string, version: number): Promise<OrderView | null> {
  const { orders, readYourWritesMs } = context.gateway;
  const states = orders.follow(context.caller, id, -1);
  const timer = setTimeout(() => states.close(), readYourWritesMs);
  let reached = 0;
  try {
    for await (const view of states) {
      if (view.customerId !== null && !maySee(context, view.customerId)) return null;
      reached = view.version;
      if (reached >= version) return view;
    }
  } finally {
    clearTimeout(timer);
  }
  throw readModelBehind(version, reached);
}

builder.queryFields((t) => ({
  order: t.field({
    type: OrderType,
    nullable: true,
    args: {
      id: t.arg.id({ required: true }),
      minVersion: t.arg.int({ description: 'wait until the read model has this version (read your writes)' }),
    },
    resolve: async (_root, { id, minVersion }, context) => {
      const view = minVersion
        ? await awaitVersion(context, id, minVersion)
        : await context.gateway.orders.model.load(id);
      return view && maySee(context, view.customerId) ? OrderNode.of(view) : null;
    },
  }),
  orders: t.field({
    type: OrderConnection,
    args: {
      first: t.arg.int({ description: 'default 20, at most 100' }),
      after: t.arg.string(),
      filter: t.arg({ type: OrderFilter }),
      orderBy: t.arg({ type: OrderOrder, defaultValue: 'PLACED_AT_DESC' }),
    },
    resolve: async (_root, { first, after, filter, orderBy }, context) => {
      const selection = { ...filter, customerId: visibleCustomer(context, filter?.customerId) };
      const direction = orderBy === 'PLACED_AT_ASC' ? 1 : -1;
      const { model } = context.gateway.orders;
      return connectionOf(await listOrders(model, selection, direction, { first, after }), OrderNode.of);
    },
  }),
}));
