import { z } from 'zod';
import { eventType } from '../event.js';
import { AccountId, FailureReason, OrderDemand, OrderId, type OrderStatus } from '../ordering-language.js';
import { type DomainEventOf, type EventOf, eventTopic } from '../topic.js';

const only = z.object({ orderId: OrderId, customerId: AccountId });

/** Streams `order-<id>`. Failure and cancellation carry the whole demand, so that each side can undo on its own. */
export const orderEvents = eventTopic('order.events', 'order id', {
  OrderCreated: eventType(OrderDemand),
  OrderStockReserved: eventType(only),
  OrderConfirmed: eventType(only),
  OrderFailed: eventType(OrderDemand.extend({ reason: FailureReason, detail: z.string().max(500).optional() })),
  OrderCancellationRequested: eventType(OrderDemand.extend({ reason: z.string().max(200) })),
  OrderCancelled: eventType(only),
  OrderDispatched: eventType(only),
  OrderDelivered: eventType(only),
  OrderRefunded: eventType(only),
});
export type OrderEvent = EventOf<typeof orderEvents>;
export type OrderDomainEvent = DomainEventOf<typeof orderEvents>;

/** What an order's status is after each of its events. */
export const statusAfter: Readonly<Record<OrderEvent['type'], OrderStatus>> = {
  OrderCreated: 'PENDING',
  OrderStockReserved: 'RESERVED',
  OrderConfirmed: 'CONFIRMED',
  OrderFailed: 'FAILED',
  OrderCancellationRequested: 'CANCELLING',
  OrderCancelled: 'CANCELLED',
  OrderDispatched: 'DISPATCHED',
  OrderDelivered: 'DELIVERED',
  OrderRefunded: 'REFUNDED',
};
