import type { Money } from './money.js';
import type { FailureReason, OrderLine, OrderStatus } from './ordering-language.js';

/** Fields every read-model document carries. */
export interface ReadModelDocument {
  readonly _id: string;
  /** Grows by one with every write of the document; what delivery de-duplicates by. */
  readonly revision: number;
  /** Last offset applied, by source partition: `{"order.events:3": 17}`. */
  readonly applied: Readonly<Record<string, number>>;
}

/** Read model `orders`; `_id` is the order id. */
export interface OrderView extends ReadModelDocument {
  /** null until OrderCreated was folded: inventory or payment may be ahead of it. */
  readonly customerId: string | null;
  readonly status: OrderStatus;
  /** The order stream's revision + 1; 0 until an order event was folded. */
  readonly version: number;
  readonly lines: readonly OrderLine[];
  readonly total: Money | null;
  readonly reason: FailureReason | null;
  readonly detail: string | null;
  readonly placedAt: string | null;
  readonly updatedAt: string;
  readonly reservation: { readonly status: 'RESERVED' | 'FAILED' | 'RELEASED'; readonly at: string } | null;
  readonly payment: {
    readonly status: 'CAPTURED' | 'DECLINED' | 'REFUNDED';
    readonly amount: Money;
    readonly reason: FailureReason | null;
    readonly at: string;
  } | null;
  readonly history: readonly { readonly status: OrderStatus; readonly version: number; readonly at: string }[];
}

/** Read model `products`; `_id` is the SKU. */
export interface ProductView extends ReadModelDocument {
  readonly name: string | null;
  readonly description: string;
  readonly category: string;
  readonly price: Money | null;
  readonly discontinued: boolean;
  readonly version: number;
  readonly onHand: number;
  readonly reserved: number;
  /** onHand − reserved. */
  readonly available: number;
}

/** Read model `customers`; `_id` is the account id. */
export interface CustomerView extends ReadModelDocument {
  readonly name: string | null;
  readonly email: string | null;
  readonly frozen: boolean;
  readonly version: number;
  /** By currency, minor units. */
  readonly balances: Readonly<Record<string, number>>;
  readonly orders: {
    readonly placed: number;
    readonly confirmed: number;
    readonly failed: number;
    readonly cancelled: number;
  };
}
