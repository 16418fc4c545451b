import type { OrderStatus, OrderView, ProductView } from '@order-flow/contracts';
import type { LiveModel } from '../live/live-model.js';
import type { FeedInterest } from '../live/change-feed.js';
import { listOrders } from '../read/lists.js';
import { OrderNode, ProductNode } from './aggregate.js';
import { builder } from './builder.js';
import { maySee, type RequestContext, visibleCustomer } from './context.js';
import { forbiddenError, invalidArgument } from './graphql-errors.js';
import { OrderStatusType, OrderType } from './order-type.js';
import { ProductType } from './product-type.js';
import type { LiveStream } from '../live/live-stream.js';
import { mapStream } from '../live/map-stream.js';
import { whileValid } from '../live/while-valid.js';
import { expiryOf } from '@order-flow/service-kit';

const MAX_SKUS = 100;

/** An order whose customer is not yet known is shown to nobody; somebody else's ends the subscription. */
function shown(context: RequestContext, view: OrderView): OrderNode | undefined {
  if (view.customerId === null) return undefined;
  if (!maySee(context, view.customerId)) throw forbiddenError('this order belongs to another customer');
  return OrderNode.of(view);
}

/** Orders of one customer or of all, in some statuses or in all; a re-check reads the 100 placed last. */
function orderInterest(
  live: LiveModel<OrderView>,
  customerId: string | undefined,
  statuses: readonly OrderStatus[] | null | undefined,
): FeedInterest<OrderView> {
  const since = new Date().toISOString();
  const wanted = statuses && new Set(statuses);
  return {
    wants: () => true,
    accepts: (view) =>
      view.customerId !== null &&
      (customerId === undefined || view.customerId === customerId) &&
      (!wanted || wanted.has(view.status)),
    recheck: async () => {
      // Served from an index; by status it would be sorted in memory.
      const { edges } = await listOrders(live.model, { customerId }, -1, { first: 100 });
      return edges
        .map(({ node }) => node)
        .filter(({ status, updatedAt }) => updatedAt >= since && (!wanted || wanted.has(status)));
    },
  };
}

/** Stock of some SKUs or of all; those named are also sent as they are at the start. */
function stockInterest(
  live: LiveModel<ProductView>,
  skus: readonly string[] | null | undefined,
): FeedInterest<ProductView> {
  if (skus && skus.length > MAX_SKUS) throw invalidArgument(`at most ${MAX_SKUS} SKUs`);
  const wanted = skus && new Set(skus);
  return {
    wants: (sku) => !wanted || wanted.has(sku),
    accepts: () => true,
    aspect: ({ onHand, reserved }) => `${onHand}:${reserved}`,
    recheck: async (delivered) => {
      const views = await Promise.all((skus ?? delivered).map((sku) => live.model.load(sku)));
      return views.filter((view) => view !== null);
    },
  };
}

/** What the subscriber gets of a stream, as long as their token holds. */
const sent = <T, U>(
  { authorization }: RequestContext,
  stream: LiveStream<T>,
  translate: (value: T) => U | undefined,
): AsyncIterableIterator<U> => mapStream(whileValid(stream, expiryOf(authorization)), translate);

builder.subscriptionFields((t) => ({
  orderChanged: t.field({
    type: OrderType,
    description:
      'The present state if it is newer than afterRevision, then later ones in order; the newest always arrives.',
    args: { id: t.arg.id({ required: true }), afterRevision: t.arg.int() },
    subscribe: (_root, { id, afterRevision }, context) =>
      sent(context, context.gateway.orders.follow(context.caller, id, afterRevision ?? -1), (view) =>
        shown(context, view),
      ),
    resolve: (order) => order,
  }),
  orderFeed: t.field({
    type: OrderType,
    description: 'Every order that changes, in its latest state.',
    args: { customerId: t.arg.id(), statuses: t.arg({ type: [OrderStatusType] }) },
    subscribe: (_root, { customerId, statuses }, context) => {
      const { orders } = context.gateway;
      const customer = visibleCustomer(context, customerId);
      return sent(context, orders.feed(context.caller, orderInterest(orders, customer, statuses)), OrderNode.of);
    },
    resolve: (order) => order,
  }),
  stockChanged: t.field({
    type: ProductType,
    description: 'Products whose stock changes; those that are named are sent first as they are.',
    args: { skus: t.arg.idList() },
    subscribe: async (_root, { skus }, context) => {
      const { products } = context.gateway;
      const feed = products.feed(context.caller, stockInterest(products, skus));
      try {
        for (const view of await feed.interest.recheck([])) feed.offer(view);
      } catch (error) {
        feed.close();
        throw error;
      }
      return sent(context, feed, ProductNode.of);
    },
    resolve: (product) => product,
  }),
}));
