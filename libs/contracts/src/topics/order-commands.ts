import { z } from 'zod';
import { eventType } from '../event.js';
import { FailureReason, OrderId } from '../ordering-language.js';
import { type DomainEventOf, type EventOf, eventTopic } from '../topic.js';

const only = z.object({ orderId: OrderId });

/** Commands of the order saga to the order aggregate. The CloudEvent's id is the command id. */
export const orderCommands = eventTopic('order.commands', 'order id', {
  MarkOrderStockReserved: eventType(only),
  ConfirmOrder: eventType(only),
  FailOrder: eventType(only.extend({ reason: FailureReason, detail: z.string().max(500).optional() })),
  CompleteOrderCancellation: eventType(only),
});
export type OrderCommandMessage = EventOf<typeof orderCommands>;
export type OrderCommandData = DomainEventOf<typeof orderCommands>;
