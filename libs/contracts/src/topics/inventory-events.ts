import { z } from 'zod';
import { eventType } from '../event.js';
import { AccountId, FailureReason, OrderDemand, OrderId, Sku, StockLine } from '../ordering-language.js';
import { type DomainEventOf, type EventOf, eventTopic } from '../topic.js';

const Shortage = z.object({ sku: Sku, requested: z.int(), available: z.int() });

/** What the inventory topology decided. Every request and every undo of an order is answered exactly once. */
export const inventoryEvents = eventTopic('inventory.events', 'order id', {
  InventoryReserved: eventType(OrderDemand),
  InventoryReservationFailed: eventType(
    z.object({ orderId: OrderId, customerId: AccountId, reason: FailureReason, shortages: z.array(Shortage) }),
  ),
  InventoryReleased: eventType(z.object({ orderId: OrderId, lines: z.array(StockLine) })),
  InventoryCommitted: eventType(z.object({ orderId: OrderId, lines: z.array(StockLine) })),
});
export type InventoryEvent = EventOf<typeof inventoryEvents>;
export type InventoryDomainEvent = DomainEventOf<typeof inventoryEvents>;
