import {
  AccountId,
  MAX_LINES,
  Money,
  NonNegativeMoney,
  OrderId,
  OrderLine,
  OrderStatus,
  Quantity,
  Sku,
} from '@order-flow/contracts';
import { z } from 'zod';

/** What people read on one line, and every store keeps as it is. */
const Name = z
  .string()
  .max(200)
  .regex(/^(?=.*\S)[^\p{Cc}\p{Cs}]+$/u, 'a name on one line, not blank');

/** Bodies are strict: an unknown field is a mistake of the caller, not something to ignore. */
export const PlaceOrderBody = z.strictObject({
  customerId: AccountId.optional().describe('operators only; a customer orders for themselves'),
  items: z
    .array(z.strictObject({ sku: Sku, quantity: Quantity, expectedPrice: Money.optional() }))
    .min(1)
    .max(MAX_LINES),
});
export const CancelOrderBody = z.strictObject({ reason: z.string().max(200).default('cancelled by the customer') });
export const AddProductBody = z.strictObject({
  sku: Sku,
  name: Name,
  description: z.string().max(2000).default(''),
  category: z.string().max(100).default(''),
  price: NonNegativeMoney,
  stock: z.int().min(0).max(10_000_000).default(0),
});
export const ChangePriceBody = z.strictObject({ price: NonNegativeMoney });
export const StockBody = z.union([
  z.strictObject({ quantity: z.int().min(1).max(10_000_000) }).describe('goods received'),
  z
    .strictObject({
      delta: z
        .int()
        .min(-10_000_000)
        .max(10_000_000)
        .refine((delta) => delta !== 0, 'must not be 0'),
      reason: z.string().min(1).max(200),
    })
    .describe('a count'),
]);
export const OpenAccountBody = z.strictObject({
  accountId: AccountId,
  name: Name,
  email: z.email().max(254).nullable().default(null),
});
export const DepositBody = z.strictObject({
  amount: NonNegativeMoney.refine(({ amount }) => amount > 0, 'must be above 0'),
});
export const FreezeBody = z.strictObject({ reason: z.string().min(1).max(200) });

export const OrderPath = z.object({ id: OrderId });
export const SkuPath = z.object({ sku: Sku });
export const AccountPath = z.object({ id: AccountId });
export const IdempotencyHeaders = z.object({ 'idempotency-key': z.string().min(1).max(200).optional() });

export const Decided = z.object({ version: z.int() });
export const DecidedProduct = Decided.extend({ sku: Sku }).describe('The product, and its version after this.');
export const DecidedAccount = Decided.extend({ accountId: AccountId }).describe(
  'The account, and its version after this.',
);
export const DecidedOrder = Decided.extend({ orderId: OrderId, status: OrderStatus }).describe(
  'The order, and its version after this.',
);
export const OrderAnswer = DecidedOrder.extend({
  customerId: AccountId,
  lines: z.array(OrderLine),
  total: Money,
}).describe('The order as it stands.');
export const History = z
  .array(
    z.object({
      id: z.string(),
      type: z.string(),
      version: z.int(),
      time: z.string(),
      causationId: z.string(),
      data: z.unknown(),
    }),
  )
  .describe('The events of the order, oldest first.');
const ProblemAnswer = z
  .object({ type: z.string(), title: z.string(), status: z.int(), code: z.string(), detail: z.string() })
  .loose();

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemAnswer } },
});
/** What every route may answer instead of what was wanted. */
export const Problems = {
  '4xx': problem('Refused: `code` says why'),
  '5xx': problem('Not possible now: try again, with the same Idempotency-Key where there is one'),
};
