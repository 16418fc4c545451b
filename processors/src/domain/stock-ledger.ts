import { OrderId, Sku, StockLine } from '@order-flow/contracts';
import { z } from 'zod';

/** To the slice that keeps a SKU. */
export const StockRequest = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ReserveStock'), orderId: OrderId, sku: Sku, quantity: z.int().min(1) }),
  z.object({ type: z.literal('ReleaseStock'), orderId: OrderId, sku: Sku }),
]);
export type StockRequest = z.infer<typeof StockRequest>;

/** Back to the slice that keeps the order. A release needs no answer: it cannot fail. */
export const StockReply = z.discriminatedUnion('type', [
  z.object({ type: z.literal('StockHeld'), orderId: OrderId, sku: Sku, quantity: z.int() }),
  z.object({
    type: z.literal('StockShort'),
    orderId: OrderId,
    sku: Sku,
    requested: z.int(),
    available: z.int(),
    known: z.boolean(),
  }),
]);
export type StockReply = z.infer<typeof StockReply>;

/** What is known of one SKU. `reserved` is the sum of its holds. */
export const Stock = z.object({ known: z.boolean(), onHand: z.int(), reserved: z.int() });
export type Stock = z.infer<typeof Stock>;

/** What one order holds of one SKU; kept under `<sku>/<order id>`. */
export const Hold = StockLine.pick({ quantity: true });
export type Hold = z.infer<typeof Hold>;

export const NO_STOCK: Stock = { known: false, onHand: 0, reserved: 0 };

export interface StockDecision {
  readonly stock: Stock;
  /** null: the hold is gone; undefined: as it was. */
  readonly hold?: Hold | null;
  readonly replies: readonly StockReply[];
}

/** All of the quantity or nothing; a repeated request is answered from the hold it already has. */
export function decideStock(request: StockRequest, stock: Stock, hold: Hold | undefined): StockDecision {
  const { orderId, sku } = request;
  if (request.type === 'ReleaseStock') {
    if (!hold) return { stock, replies: [] };
    return { stock: { ...stock, reserved: stock.reserved - hold.quantity }, hold: null, replies: [] };
  }
  const { quantity } = request;
  if (hold) return { stock, replies: [{ type: 'StockHeld', orderId, sku, quantity: hold.quantity }] };
  const available = stock.onHand - stock.reserved;
  if (available < quantity) {
    return {
      stock,
      replies: [{ type: 'StockShort', orderId, sku, requested: quantity, available, known: stock.known }],
    };
  }
  return {
    stock: { ...stock, reserved: stock.reserved + quantity },
    hold: { quantity },
    replies: [{ type: 'StockHeld', orderId, sku, quantity }],
  };
}

/** Goods that came, went or were counted. */
export const moveStock = (stock: Stock, delta: number): Stock => ({
  ...stock,
  known: true,
  onHand: stock.onHand + delta,
});
