import { z } from 'zod';
import { Money, NonNegativeMoney } from './money.js';

export const MAX_LINES = 100;
export const MAX_QUANTITY = 10_000;

/** Stock keeping unit, e.g. `COFFEE-ESPRESSO-1KG`. */
export const Sku = z
  .string()
  .regex(/^[A-Z0-9](?:[A-Z0-9-]{0,62}[A-Z0-9])?$/, 'capital letters, digits and hyphens, at most 64');
/** Customer id = account id = the token's subject. */
export const AccountId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'letters, digits, - and _, at most 64');
export const OrderId = z.uuid();
export const Quantity = z.int().min(1).max(MAX_QUANTITY);

/** What was ordered, at the price the write side decided. */
export const OrderLine = z.object({
  sku: Sku,
  name: z.string().max(200),
  quantity: Quantity,
  unitPrice: NonNegativeMoney,
});
export type OrderLine = z.infer<typeof OrderLine>;

export const OrderLines = z.array(OrderLine).min(1).max(MAX_LINES);

/** A quantity of one SKU, without its price. */
export const StockLine = z.object({ sku: Sku, quantity: z.int().min(0) });
export type StockLine = z.infer<typeof StockLine>;

export const FAILURE_REASONS = [
  'OUT_OF_STOCK',
  'UNKNOWN_SKU',
  'INSUFFICIENT_FUNDS',
  'ACCOUNT_UNKNOWN',
  'ACCOUNT_FROZEN',
  'CURRENCY_MISMATCH',
  'ORDER_CLOSED',
  'RESERVATION_TIMEOUT',
  'PAYMENT_TIMEOUT',
] as const;
/** Why an order, a reservation or a payment did not go through. */
export const FailureReason = z.enum(FAILURE_REASONS);
export type FailureReason = z.infer<typeof FailureReason>;

export const ORDER_STATUSES = [
  'PENDING',
  'RESERVED',
  'CONFIRMED',
  'DISPATCHED',
  'DELIVERED',
  'FAILED',
  'CANCELLING',
  'CANCELLED',
  'REFUNDED',
] as const;
export const OrderStatus = z.enum(ORDER_STATUSES);
export type OrderStatus = z.infer<typeof OrderStatus>;

/** What inventory and payment need to act, and to undo, without asking anyone. */
export const OrderDemand = z.object({ orderId: OrderId, customerId: AccountId, lines: OrderLines, total: Money });
export type OrderDemand = z.infer<typeof OrderDemand>;
