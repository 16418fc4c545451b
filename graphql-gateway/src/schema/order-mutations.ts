import { type Money, OrderStatus } from '@order-flow/contracts';
import { z } from 'zod';
import { OrderNode } from './aggregate.js';
import { builder } from './builder.js';
import type { RequestContext } from './context.js';
import { PriceChangedError, refusals } from './error-types.js';
import { OrderType } from './order-type.js';
import { Refusal } from './refusal.js';
import { MoneyInput } from './scalars.js';
import { type CommandRequest, sendCommand } from './send-command.js';

const DecidedOrder = z.object({ orderId: z.string(), status: OrderStatus, version: z.int() });

const PlaceOrderResult = builder.unionType('PlaceOrderResult', { types: [OrderType, PriceChangedError, ...refusals] });
const CancelOrderResult = builder.unionType('CancelOrderResult', { types: [OrderType, ...refusals] });

const OrderItemInput = builder.inputType('OrderItemInput', {
  fields: (t) => ({
    sku: t.id({ required: true }),
    quantity: t.int({ required: true }),
    expectedPrice: t.field({
      type: MoneyInput,
      description: 'the unit price the customer saw; if it has changed, the order is refused',
    }),
  }),
});

const PlaceOrderInput = builder.inputType('PlaceOrderInput', {
  fields: (t) => ({
    items: t.field({ type: [OrderItemInput], required: true }),
    customerId: t.id({ description: 'operators only; a customer orders for themselves' }),
    idempotencyKey: t.string({ description: 'the same key with the same input is the same order' }),
  }),
});

const CancelOrderInput = builder.inputType('CancelOrderInput', {
  fields: (t) => ({ orderId: t.id({ required: true }), reason: t.string(), idempotencyKey: t.string() }),
});

type Sent = Omit<CommandRequest<z.infer<typeof DecidedOrder>>, 'answer'>;

async function decideOrder(context: RequestContext, request: Sent): Promise<OrderNode | Refusal> {
  const decision = await sendCommand(context, { ...request, answer: DecidedOrder });
  return decision instanceof Refusal ? decision : new OrderNode(decision.orderId, undefined, decision);
}

interface Item {
  readonly sku: string;
  readonly quantity: number;
  readonly expectedPrice?: Money | null | undefined;
}

const bodyItem = ({ sku, quantity, expectedPrice }: Item) =>
  expectedPrice ? { sku, quantity, expectedPrice } : { sku, quantity };

builder.mutationFields((t) => ({
  placeOrder: t.field({
    type: PlaceOrderResult,
    description: 'Places an order at catalog prices; answers as soon as it is decided.',
    args: { input: t.arg({ type: PlaceOrderInput, required: true }) },
    resolve: (_root, { input: { items, customerId, idempotencyKey } }, context) =>
      decideOrder(context, {
        path: '/api/orders',
        body: { ...(customerId ? { customerId } : {}), items: items.map(bodyItem) },
        idempotencyKey,
      }),
  }),
  cancelOrder: t.field({
    type: CancelOrderResult,
    args: { input: t.arg({ type: CancelOrderInput, required: true }) },
    resolve: (_root, { input: { orderId, reason, idempotencyKey } }, context) =>
      decideOrder(context, {
        path: `/api/orders/${encodeURIComponent(orderId)}/cancel`,
        body: reason == null ? {} : { reason },
        idempotencyKey,
      }),
  }),
}));
