import { z } from 'zod';
import { eventType } from '../event.js';
import { NonNegativeMoney } from '../money.js';
import { AccountId, FailureReason, OrderId } from '../ordering-language.js';
import { type DomainEventOf, type EventOf, eventTopic } from '../topic.js';

const payment = z.object({ orderId: OrderId, customerId: AccountId, amount: NonNegativeMoney });

/** What the payment topology decided. `amount` of a refund is 0 where nothing had been captured. */
export const paymentEvents = eventTopic('payment.events', 'order id', {
  PaymentCaptured: eventType(payment),
  PaymentDeclined: eventType(payment.extend({ reason: FailureReason })),
  PaymentRefunded: eventType(payment),
});
export type PaymentEvent = EventOf<typeof paymentEvents>;
export type PaymentDomainEvent = DomainEventOf<typeof paymentEvents>;
